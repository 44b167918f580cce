import { written, type ClassPlan } from '../../rule/plan/plan.js'

/** The streams of a class as numbers: 0 the update, 1 the parameter, then the trees of the slots. */
export interface Wiring {
  readonly reads: readonly number[]
  readonly writes: readonly number[]
  readonly runs: boolean
}

export const [updateStream, paramStream, firstSlot] = [0, 1, 2]

const wirings = new WeakMap<ClassPlan, Wiring>()

export const wiringOf = (of: ClassPlan): Wiring => {
  const known = wirings.get(of)
  if (known !== undefined) return known
  const numbers = new Map<string, number>([
    ['u', updateStream],
    ['p', paramStream],
    ...of.slots.map(({ stream, tree }) => [stream, firstSlot + tree] as const),
  ])
  const targets = new Map([...numbers].map(([stream, number]) => [written(stream), number]))
  const made = {
    reads: of.reads.map(stream => numbers.get(stream) ?? NaN),
    writes: of.writes.map(stream => targets.get(stream) ?? NaN),
    runs: of.passes.some(pass => pass !== null),
  }
  wirings.set(of, made)
  return made
}
