/** `describe`: prints a state for people. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { checkedAsync } from './call/checked.js'
import { disposedLeaf } from './errors.js'
import { hypersNow, type HyperNow, type LinkHypers } from './hyperparams.js'
import { foldState, numbersOf, programName, type StatePlace } from './program/fold.js'
import type { LeafLink, Nest } from './program/program.js'
import { numberedState } from './program/record.js'
import type { Numbers } from './rule/rule.js'
import { laneSum } from './backends/totals.js'
import { requireValues } from './tree/alive.js'
import { whileAlive } from './tree/loss.js'
import { distinctNames } from './tree/firstName.js'
import { flatten, isRecord } from './tree/structure.js'
import { isTensor, showShape } from './tree/tensors.js'
import { programOf, type FirstLink } from './transform.js'

const number = (x: number): string => String(Number(x.toPrecision(6)))

const norm = async (tensor: Tensor): Promise<string> => {
  const data = await whileAlive('describe', () => tensor.data())
  if (tensor.dtype !== 'float32') return ''
  return `norm ${number(Math.sqrt(laneSum((data as Float32Array).map(x => x * x))))}`
}

const value = async (scalar: Tensor): Promise<string> => {
  const [x = NaN] = await whileAlive('describe', () => scalar.data())
  return number(x)
}

const indent = (lines: readonly string[]): readonly string[] => lines.map(line => `  ${line}`)

/** One line for each tensor in a field of a state. */
const slotLines = async (field: string, slot: unknown, isCell = false): Promise<readonly string[]> => {
  const flat = flatten(slot)
  requireValues('describe', { [field]: slot })
  const names = distinctNames(flat.structure, flat.leaves)
  const lines = flat.leaves.map(async (tensor, i) => {
    if (!isTensor(tensor)) return []
    const label = [field, names[i] ?? ''].filter(part => part !== '').join('.')
    if (tensor.isDisposed) throw disposedLeaf('describe', label, 'state')
    if (isCell) return [`${label} ${await value(tensor)}`]
    return [`${label} ${showShape(tensor.shape)} ${await norm(tensor)}`.trimEnd()]
  })
  return (await Promise.all(lines)).flat()
}

/** The first line of a link without its label, and the lines below it. */
interface DescribedLink {
  readonly head: string
  readonly below: readonly string[]
}

/** `learningRate 0.1`, or by path `learningRate 0.1 (a, b), 0.2 (c)`. */
const hyperText = (name: string, now: HyperNow | null): string => {
  if (now === null) return `${name} by path`
  if (typeof now === 'number') return `${name} ${number(now)}`
  const paths = new Map<string, string[]>()
  for (const [path, value] of Object.entries(now)) paths.set(number(value), [...(paths.get(number(value)) ?? []), path])
  return `${name} ${[...paths].map(([value, of]) => `${value} (${of.join(', ')})`).join(', ')}`
}

const numbered = async (link: Numbers<unknown>, state: unknown, at: StatePlace, now: Now): Promise<DescribedLink> => {
  const fields = numberedState(link, state, at.where)
  const { count } = fields
  const hyper = Object.entries(now(at)).map(([name, value]) => hyperText(name, value))
  const slots = await Promise.all(Object.keys(link.slots).map(name => slotLines(name, fields[name])))
  const cells = await Promise.all(Object.keys(link.cells).map(name => slotLines(name, fields[name], true)))
  return { head: `${link.name}: ${[`count ${count}`, ...hyper].join(', ')}`, below: [...slots, ...cells].flat() }
}

/** `name: field 1, other 2`: a name with the numbers of a state. */
const withNumbers = (name: string, state: unknown): string => {
  const host = isRecord(state) ? Object.entries(state).filter(([, x]) => typeof x === 'number') : []
  const fields = host.map(([field, x]) => `${field} ${number(x as number)}`).join(', ')
  return fields === '' ? name : `${name}: ${fields}`
}

/** The hyperparameters of the link at a place. */
type Now = (at: StatePlace) => LinkHypers['now']

const leafBlock = async (leaf: LeafLink, state: unknown, at: StatePlace, now: Now): Promise<DescribedLink> => {
  const numbers = numbersOf(leaf)
  if (numbers !== null) return numbered(numbers, state, at, now)
  return { head: withNumbers(programName(leaf), state), below: await slotLines('', state) }
}

const nestBlock = (nest: Nest, parts: readonly DescribedLink[], state: unknown): DescribedLink => {
  const { type, layout } = nest
  const [only] = parts
  if (only !== undefined && parts.length === 1 && layout.key(0) === null)
    return { ...only, head: `${type} ${only.head}` }
  const below = parts.flatMap((part, i) => {
    const key = layout.key(i)
    return [key === null ? part.head : `${key} ${part.head}`, ...indent(part.below)]
  })
  return { head: withNumbers(type, state), below }
}

/**
 * Describes a state in words: for every link its count, the hyperparameters that the next step will use, and shape and
 * norm of every slot, under the names that the user gave. Waits for the values of all slots, so do not call it at every
 * step. `params` serves only hyperparameters by path, if no link has slots.
 *
 * @throws ValueError if `state` is not a state of `tx`.
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
export const describe = /* @__PURE__ */ checkedAsync(
  { who: 'describe', takes: ['tx', 'state', 'params'] },
  async (tx: FirstLink, state: unknown, params?: unknown): Promise<string> => {
    const program = programOf('describe', 'tx', tx)
    const hypers = new Map(hypersNow('describe', program, state, params).map(({ at, now }) => [at.path, now]))
    const now: Now = ({ path }) => hypers.get(path) ?? {}
    const { head, below } = await foldState<Promise<DescribedLink>>(program, state, {
      leaf: (leaf, own, at) => leafBlock(leaf, own, at, now),
      nest: async (nest, parts, own) => nestBlock(nest, await Promise.all(parts), own),
    })
    return [head, ...indent(below)].join('\n')
  },
)
