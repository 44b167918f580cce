/** Models saved with the optimizers of tf.train, all the way through a file: they go on as if they had not been saved. */
import * as tf from '@tensorflow/tfjs-core'
import { Adagrad, Adam, registerOptimizers, SGD } from '../../lib/legacy.js'
import { numbers, onBackends } from '../setup.js'
import { compiled, fromDisk, loaded, saved, toDisk, train, valuesOf } from './subjects.js'

registerOptimizers({ replace: true })

/** Each with the class that the file loads as: tfjs's own where this package has none of that name. */
const kinds: Readonly<Record<string, readonly [make: () => tf.Optimizer, ours: object | null]>> = {
  sgd: [() => tf.train.sgd(0.1), SGD],
  adagrad: [() => tf.train.adagrad(0.1), Adagrad],
  'adagrad from 0.5': [() => tf.train.adagrad(0.1, 0.5), Adagrad],
  adam: [() => tf.train.adam(0.01), Adam],
  'adam with options': [() => tf.train.adam(0.01, 0.8, 0.99, 1e-6), Adam],
  'adam with a small rate': [() => tf.train.adam(1e-4), Adam],
  'adam with a large epsilon': [() => tf.train.adam(0.01, 0.9, 0.999, 0.1), Adam],
  momentum: [() => tf.train.momentum(0.1, 0.9), null],
  'momentum of Nesterov': [() => tf.train.momentum(0.1, 0.9, true), null],
  rmsprop: [() => tf.train.rmsprop(0.01), null],
  'rmsprop with options': [() => tf.train.rmsprop(0.01, 0.8, 0.9, 1e-6), null],
  adadelta: [() => tf.train.adadelta(0.1), null],
}

for (const steps of [1, 7, 60])
  onBackends(`after ${steps} steps, and again after three more`, async test => {
    for (const [name, [make, ours]] of Object.entries(kinds)) {
      const one = compiled(make())
      await train(one, steps)
      const file = toDisk(await saved(one))
      const copy = await loaded(fromDisk(file))
      const is = copy.optimizer.constructor
      test.equal(is, ours ?? make().constructor, `${name} is loaded as ${is.name}`)
      for (const more of [1, 3, 20]) {
        await train(one, more)
        await train(copy, more)
        const [want, got] = [valuesOf(one).flat(), valuesOf(copy).flat()]
        const off = Math.max(...got.map((x, i) => Math.abs(x - want[i]!)))
        test.ok(off < 1e-6 * more, `${name}, ${more} steps more: ${off.toPrecision(2)} apart`)
      }
      const again = await loaded(fromDisk(toDisk(await saved(copy))))
      await train(again, 2)
      await train(copy, 2)
      test.strictSame(valuesOf(again), valuesOf(copy), `${name}: saved as what it is now`)
      for (const model of [one, copy, again]) {
        model.optimizer.dispose()
        model.dispose()
      }
    }
  })

const config = (one: tf.Optimizer) => JSON.parse(JSON.stringify(one.getConfig())) as tf.serialization.ConfigDict

onBackends("what makes a file tfjs's own", test => {
  const theirs = config(tf.train.adam(0.1, 0.9, 0.999, 0.5))
  const read = Adam.fromConfig<Adam>(Adam, { ...theirs, customObjects: {} })
  test.strictSame([read.epsilonHat, read.epsilon, read.learningRate], [false, 0.5, 0.1])
  test.match(config(read), { epsilon_hat: false, epsilon: 0.5 }, 'and it is written so that it comes back')
  test.equal(Adam.fromConfig<Adam>(config(read)).epsilonHat, false)
  test.equal(Adam.fromConfig<Adam>(theirs).epsilonHat, true, 'a config given by hand is one of Keras')
  const ours = new Adam({ epsilon: 0.5 })
  test.notOk('epsilon_hat' in config(ours), 'what Python reads has no key that it refuses')
  test.equal(Adam.fromConfig<Adam>(Adam, config(ours)).epsilonHat, true)
  const small = config(tf.train.adagrad(0.1, 0.01))
  test.throws(() => Adagrad.fromConfig<Adagrad>(Adagrad, small), { name: 'ValueError', message: /inside the root/ })
  test.equal(Adagrad.fromConfig<Adagrad>(small).initialAccumulatorValue, 0.01)
  ;[read, ours].forEach(one => one.dispose())
  test.end()
})

onBackends('gradients of any size: the epsilon of tf.train.adam is where it was', test => {
  for (const strict of [false, true])
    for (const size of [1e-9, 1e-7, 1e-5, 1e-3, 1]) {
      const variables = ['theirs', 'ours'].map(name => tf.variable(tf.zeros([2]), true, name))
      const [theirs, ours] = [tf.train.adam(0.1), new Adam({ learningRate: 0.1, epsilonHat: false, strict })] as const
      for (let i = 0; i < 5; i++)
        tf.tidy(() => {
          const g = tf.tensor1d([size, -size * i])
          theirs.applyGradients([{ name: 'theirs', tensor: g }])
          ours.applyGradients([{ name: 'ours', tensor: g }])
        })
      const [want, got] = variables.map(numbers)
      const off = Math.max(...got!.map((x, i) => Math.abs(x - want![i]!)))
      test.ok(off < 1e-5, `${size}: ${got!.join()} for ${want!.join()}`)
      ;[theirs, ours].forEach(one => one.dispose())
      tf.dispose(variables)
    }
  test.end()
})
