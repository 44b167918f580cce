/** The laws of kernels: they do what tfjs ops do, and what float64 does, within the bounds of float32. */
import { ops } from '../../backends/ops.js'
import { runUpdate } from '../../program/execute.js'
import { placedLinks } from '../../program/placed.js'
import { bounds, exact, onGpu, within, type Bounded } from '../../rule/bounds.js'
import { Values } from '../../rule/reference.js'
import type { GradientTransformation } from '../../transform.js'
import { disposeTree, tidy } from '../../tree/map.js'
import { build, flatten, pathsOf } from '../../tree/structure.js'
import { isTensor } from '../../tree/tensors.js'
import { bitsOf, differenceOf } from '../bits.js'
import { countJobs, isExact, leastJobs, prepare, withoutKernels } from '../counted.js'
import type { LawDefinition, Subject } from '../law.js'
import { eachSample, release, walk, type Walked } from '../walk.js'

const kindsOf = (tx: GradientTransformation): ReadonlySet<string> =>
  new Set(placedLinks(tx.program).map(({ link: { kind } }) => kind))
const hasRules = ({ make }: Subject): boolean => kindsOf(make()).has('rule')
const isMadeOfRules = ({ make }: Subject): boolean => {
  const kinds = kindsOf(make())
  return !kinds.has('ops') && !kinds.has('opaque')
}

const requestOf = (subject: Subject, { gradients, state, params }: Walked, i: number) => ({
  who: 'update',
  updates: gradients,
  state,
  params,
  extra: subject.extra(i),
})

/** The steps by kernels; throws if a step had none. */
const byKernels = (
  subject: Subject,
  tx: GradientTransformation,
  sample: Parameters<typeof walk>[2],
  broken: (what: string) => Error,
): readonly Walked[] => {
  const [steps, jobs] = countJobs(() => walk(subject, tx, sample))
  const least = leastJobs(tx, steps)
  if (jobs < least) throw broken(`kernels ran ${jobs} times in ${least} steps: tfjs ops took over`)
  return steps
}

export const kernels: LawDefinition = {
  says: 'compiled kernels run at every step, and give the bits of tfjs ops (on a GPU see the next law)',
  concerns: hasRules,
  check: async (subject, broken) => {
    const tx = subject.make()
    await eachSample(subject.samples(2, 'any'), async sample => {
      await prepare(tx, sample.params)
      const why = withoutKernels()
      if (why !== null) throw broken(why)
      const steps = byKernels(subject, tx, sample, broken)
      if (isExact())
        for (const [i, step] of steps.entries()) {
          const want = tidy(() => {
            const { structure, leaves, state } = runUpdate(ops, tx.program, requestOf(subject, step, i))
            return [build(structure, leaves), state]
          })
          const change = differenceOf(await bitsOf([step.updates, step.next]), await bitsOf(want))
          disposeTree(want)
          if (change !== null) throw broken(`step ${i}: by kernels ${change}`)
        }
      release(steps, sample)
    })
  },
}

/** A tree with the values of its tensors, as the reference interpreters read them. */
const valuesOf = async (tree: unknown): Promise<unknown> => {
  const { structure, leaves } = flatten(tree)
  const values: unknown[] = []
  for (const leaf of leaves) values.push(isTensor(leaf) ? new Values(Array.from(await leaf.data(), exact)) : leaf)
  return build(structure, values)
}

export const reference: LawDefinition = {
  says: 'each result is within the error bound of float32 of what float64 gives',
  concerns: subject => hasRules(subject) && isMadeOfRules(subject),
  check: async (subject, broken) => {
    const tx = subject.make()
    await eachSample(subject.samples(2, 'any'), async sample => {
      await prepare(tx, sample.params)
      const bounded = bounds(isExact() ? undefined : onGpu)
      const steps = walk(subject, tx, sample)
      for (const [i, step] of steps.entries()) {
        const { gradients, state, params } = (await valuesOf(step)) as Walked
        const right = runUpdate(bounded, tx.program, {
          ...requestOf(subject, step, i),
          updates: gradients,
          state,
          params,
        })
        const want = flatten([build(right.structure, right.leaves), right.state])
        const paths = pathsOf(want.structure)
        const got = flatten([step.updates, step.next]).leaves
        for (const [l, leaf] of got.entries()) {
          const beside = want.leaves[l]
          if (!isTensor(leaf) || !(beside instanceof Values)) continue
          for (const [k, x] of (await leaf.data()).entries()) {
            const bound = (beside.items as readonly Bounded[])[k] ?? exact(NaN)
            if (!within(x, bound))
              throw broken(`step ${i}: ${paths[l]}[${k}] is ${x}, not ${bound.value} ± ${bound.error}`)
          }
        }
      }
      release(steps, sample)
    })
  },
}
