/** Sample elements for the check of a plan's kernels, and a device's results for them. */
import * as tf from '@tensorflow/tfjs-core'
import type { ClassPlan } from '../../plan/class.js'
import type { Plan } from '../../plan/plan.js'
import type { Scalars } from '../../rule/rule.js'
import type { Device, Group, JobNumber } from '../device.js'
import { neverSmall } from '../small.js'

/** Sizes of the sample leaves: whole vectors with a rest, and a rest alone. */
const sizes = [11, 3]

/** Numbers of either sign and of many magnitudes, zeros among them. */
const sample = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) =>
    i % 5 === 4 ? 0 : Math.sin(1 + 7 * i + 3 * seed) * 10 ** ((i % 4) - 2),
  )

interface SampleLeaf {
  readonly of: ClassPlan
  readonly size: number
  readonly values: Readonly<Record<string, Float32Array>>
  /** a number for each that the plan is given */
  readonly given: Readonly<Record<string, Float32Array>>
}

/** Two leaves of every class, and one number for every kernel of cells; all have samples of the given numbers. */
export const samplesOf = (plan: Plan): readonly SampleLeaf[] => {
  const given = (seed: number): SampleLeaf['values'] =>
    Object.fromEntries(plan.given.map(({ name, over }, k) => [name, sample(1, over === 'tree' ? 50 + k : seed + k)]))
  const leaves = plan.classes.flatMap((of, c) =>
    sizes.map((size, k): SampleLeaf => {
      const streams = [...new Set(['u', 'p', ...of.reads])]
      const values = Object.fromEntries(streams.map((stream, s) => [stream, sample(size, 31 * c + 7 * k + s)]))
      return { of, size, values, given: given(13 * c + 5 * k) }
    }),
  )
  return [...leaves, ...plan.cells.map(({ of }, c): SampleLeaf => ({ of, size: 1, values: {}, given: given(17 * c) }))]
}

/** The device's results for the samples. */
export const onDevice = (device: Device, plan: Plan, samples: readonly SampleLeaf[], scalars: Scalars) => {
  neverSmall(plan) // the check is of the compiled code
  const held = (tensor: tf.Tensor): object => {
    const known = device.hold(tensor)
    if (known === null) throw new TypeError(`${device.name}: tfjs makes no float32 tensor that kernels can run on`)
    return known
  }
  const runs = samples.map(({ of, size, values }, order) => {
    const reads = of.reads.map(stream => held(tf.tensor1d(values[stream] ?? [])))
    const results = of.writes.map(() => device.allocate([size]))
    return { of, results, run: { order, size, reads, writes: results.map(held), over: [] } }
  })
  const groups = [...plan.classes, ...plan.cells.map(({ of }) => of)].map((of): Group => ({
    of,
    leaves: runs.flatMap(leaf => (leaf.of === of ? [leaf.run] : [])),
  }))
  const numbers = plan.given.flatMap(({ name, over }): readonly JobNumber[] =>
    over === 'tree'
      ? [{ name, order: null, value: held(tf.scalar(samples[0]?.given[name]?.[0] ?? 0)) }]
      : samples.map((one, order) => ({ name, order, value: held(tf.scalar(one.given[name]?.[0] ?? 0)) })),
  )
  device.run({ plan, groups: groups.filter(({ of }) => of.passes.some(pass => pass !== null)), numbers, scalars })
  return runs.map(({ results }) => results)
}
