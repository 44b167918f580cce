/** Loads a saved model in a process of its own, trains on, and prints what it comes to: resume.ts <backend> <file> <steps>. */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import { AdamWeightDecay, TransformOptimizer } from '../../lib/legacy.js'
import { useBackend } from '../setup.js'
import { fromDisk, optimizerOf, train, valuesOf, weightsOf } from './subjects.js'

const [backend = 'cpu', file = '', steps = '0'] = process.argv.slice(2)
await useBackend(backend)
tf.serialization.registerClass(AdamWeightDecay)
tf.serialization.registerClass(TransformOptimizer)
const model = await loadLayersModel(tf.io.fromMemory(fromDisk(readFileSync(file))))
await train(model, Number(steps))
const optimizer = optimizerOf(model)
console.log(JSON.stringify([valuesOf(model), await weightsOf(optimizer), optimizer.iterations]))
