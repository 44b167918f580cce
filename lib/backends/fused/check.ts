/**
 * The check at first use: a plan's kernels on a few made-up elements against the same expressions as tfjs ops. What a
 * browser or a later tfjs gets wrong is found here, before it touches a parameter.
 */
import * as tf from '@tensorflow/tfjs-core'
import { evaluator, float64 } from '../../rule/arith.js'
import type { ClassPlan, Plan } from '../../rule/plan/plan.js'
import { RuntimeError, kernelsDiffer, kernelsFail } from '../../errors.js'
import type { Device, Group, LeafRun } from '../device.js'
import { ops } from '../ops.js'

type Scalars = Readonly<Record<string, number>>
type Values = Record<string, tf.Tensor>

const texts = new WeakMap<Plan, string>()
/** The same for plans that run the same code. */
const textOf = (plan: Plan): string => {
  const known =
    texts.get(plan) ??
    JSON.stringify([plan.sweeps, plan.totals, plan.classes.map(({ passes }) => passes.map(pass => pass?.kernel))])
  texts.set(plan, known)
  return known
}

const verdicts = new WeakMap<tf.KernelBackend, Map<string, boolean>>()

/** Whether a device gives what ops give; asked once for each code and backend. */
export const isTrusted = (device: Device, plan: Plan, scalars: Scalars): boolean => {
  if (!device.readsAtOnce) return true // `ready` has checked it
  const backend = tf.backend()
  const known = verdicts.get(backend) ?? new Map<string, boolean>()
  verdicts.set(backend, known)
  const text = textOf(plan)
  const verdict = known.get(text) ?? tried(device, plan, scalars)
  known.set(text, verdict)
  return verdict
}

/** Where a page forbids WebAssembly or another tfjs has other insides, a kernel fails here, and ops take over. */
const tried = (device: Device, plan: Plan, scalars: Scalars): boolean => {
  try {
    if (agrees(device, plan, scalars)) return true
    console.warn(kernelsDiffer(device.name))
  } catch (cause) {
    if (cause instanceof RuntimeError) throw cause // no memory: ops would have none either
    console.warn(kernelsFail(device.name, cause))
  }
  return false
}

/** Lengths of the leaves of a class: whole vectors and what is left of them. */
const sizes = [11, 3]

/** Numbers of either sign and of many magnitudes, zeros among them. */
const sample = (size: number, seed: number): tf.Tensor =>
  tf.tensor1d(
    Float32Array.from({ length: size }, (_, i) =>
      i % 5 === 4 ? 0 : Math.sin(1 + 7 * i + 3 * seed) * 10 ** ((i % 4) - 2),
    ),
  )

const agrees = (device: Device, plan: Plan, scalars: Scalars): boolean =>
  tf.tidy(() => {
    const made: { readonly of: ClassPlan; readonly leaves: { readonly run: LeafRun; readonly values: Values }[] }[] =
      plan.classes.map((of, c) => ({
        of,
        leaves: sizes.map((size, k) => {
          const streams = [...new Set(['u', 'p', ...of.reads, ...of.writes.map(stream => stream.slice(0, -1))])]
          const values: Values = Object.fromEntries(
            streams.map((stream, s) => [stream, sample(size, 31 * c + 7 * k + s)]),
          )
          const reads = of.reads.flatMap(stream => values[stream] ?? [])
          const writes = of.writes.map(() => device.allocate([size]))
          return { run: { order: sizes.length * c + k, size, reads, writes }, values }
        }),
      }))
    const groups: Group[] = made.flatMap(({ of, leaves }) =>
      of.passes.some(pass => pass !== null) ? [{ of, leaves: leaves.map(({ run }) => run) }] : [],
    )
    device.run({ plan, groups, scalars })
    return expected(plan, made, scalars).every(({ got, want }) => sameBits(got, want))
  })

interface Pair {
  readonly got: tf.Tensor
  readonly want: tf.Tensor
}

/** What ops give for every write, pass by pass. */
const expected = (
  plan: Plan,
  made: readonly {
    readonly of: ClassPlan
    readonly leaves: readonly { readonly run: LeafRun; readonly values: Values }[]
  }[],
  scalars: Scalars,
): readonly Pair[] => {
  const host = evaluator(float64, { scalars, values: {} })
  const leaves = made.flatMap(({ of, leaves: own }) =>
    own.map(leaf => ({ of, ...leaf, like: leaf.values['u'] ?? tf.scalar(0) })),
  )
  for (const { of, values } of leaves)
    for (const [name, expr] of of.rounded) values[name] = tf.scalar(Math.fround(host(expr)))
  for (const { name, over, reduce, pass } of plan.totals) {
    const terms = leaves.map(({ of, values, like }) => {
      const sink = of.sinks[pass]?.reductions.find(({ total }) => total === name)
      return sink === undefined ? [] : ops.evaluate([sink.of], { scalars, values, like })
    })
    const whole = over === 'tree' ? ops.reduce(reduce, terms.flat()) : null
    leaves.forEach(({ values }, i) => (values[name] = whole ?? ops.reduce(reduce, terms[i] ?? [])))
  }
  return leaves.flatMap(({ of, run, values, like }) =>
    (of.sinks.at(-1)?.writes ?? []).flatMap(({ stream, value }): Pair[] => {
      const got = run.writes[of.writes.indexOf(stream)]
      const [want] = ops.evaluate([value], { scalars, values, like })
      return got === undefined || want === undefined ? [] : [{ got, want }]
    }),
  )
}

const sameBits = (got: tf.Tensor, want: tf.Tensor): boolean => {
  const [a, b] = [got.dataSync(), want.dataSync()]
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]))
}
