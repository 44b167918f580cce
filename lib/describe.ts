/** A state as a person reads it. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { disposedLeaf } from './errors.js'
import { chainStates, placeOf } from './rule/interpret.js'
import { recordOf, ruleState } from './rule/record.js'
import type { Program } from './rule/program.js'
import { resolve } from './rule/hyper.js'
import { laneSum } from './backends/totals.js'
import { tensorsOf } from './tree/map.js'
import { isRecord } from './tree/structure.js'
import { showShape } from './tree/tensors.js'
import { programOf, type FirstLink } from './transform.js'

const number = (x: number): string => String(Number(x.toPrecision(6)))

const norm = async (tensor: Tensor): Promise<string> => {
  const data = await tensor.data()
  if (tensor.dtype !== 'float32') return ''
  return `norm ${number(Math.sqrt(laneSum((data as Float32Array).map(x => x * x))))}`
}

const indent = (lines: readonly string[]): readonly string[] => lines.map(line => `  ${line}`)

/** The tensors below one field of a state, a line each. */
const slotLines = async (name: string, slot: unknown): Promise<readonly string[]> => {
  const lines = tensorsOf(slot).map(async ([path, tensor]) => {
    const label = [name, path].filter(part => part !== '').join('.')
    if (tensor.isDisposed) throw disposedLeaf('describe', label, 'state')
    return `${label} ${showShape(tensor.shape)} ${await norm(tensor)}`.trimEnd()
  })
  return Promise.all(lines)
}

const lines = async (program: Program, state: unknown, label: string, where: string): Promise<readonly string[]> => {
  switch (program.kind) {
    case 'rule': {
      const { rule } = program
      const fields = ruleState(rule, state, where)
      const { count } = fields
      const hyper = Object.entries(rule.hyper).map(
        ([name, spec]) => `${name} ${number(resolve(rule.name, name, spec, count))}`,
      )
      const slots = await Promise.all(Object.keys(rule.slots).map(name => slotLines(name, fields[name])))
      return [`${label}${rule.name}: ${[`count ${count}`, ...hyper].join(', ')}`, ...indent(slots.flat())]
    }
    case 'chain': {
      const states = chainStates(program, state, where)
      const inner = await Promise.all(
        program.links.map((link, i) =>
          lines(link, states[i], `${program.names?.[i] ?? i} `, placeOf(program, where, i)),
        ),
      )
      return [`${label}${program.names === null ? 'chain' : 'namedChain'}`, ...indent(inner.flat())]
    }
    case 'masked':
      return lines(program.inner, state, `${label}masked `, where)
    case 'gather': {
      const record = recordOf(program.name, program.each === null ? [] : ['each'], state, where)
      const each = program.each === null ? [] : await lines(program.each, record['each'], 'each ', `${where}.each`)
      return [`${label}${program.name}`, ...indent(each)]
    }
    case 'opaque': {
      const host = isRecord(state) ? Object.entries(state).filter(([, x]) => typeof x === 'number') : []
      const fields = host.map(([name, x]) => `${name} ${number(x as number)}`).join(', ')
      return [`${label}${program.name}${fields === '' ? '' : `: ${fields}`}`, ...indent(await slotLines('', state))]
    }
  }
}

/**
 * A state in words: for every link its count, the hyperparameters that the next step will use, and shape and norm of
 * every slot. Reads the tensors back, so call it now and then, not at every step.
 *
 * @throws ValueError if `state` is not one of `tx`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { describe, scaleByAdam } from 'tfjs-optax'
 * const tx = scaleByAdam()
 * console.log(await describe(tx, tx.init({ w: tf.zeros([2, 3]) })))
 * // scaleByAdam: count 0, b1 0.9, b2 0.999, eps 1e-8, epsRoot 0
 * //   mu.w [2,3] norm 0
 * //   nu.w [2,3] norm 0
 */
export const describe = async (tx: FirstLink, state: unknown): Promise<string> =>
  (await lines(programOf('describe', 'tx', tx), state, '', 'state')).join('\n')
