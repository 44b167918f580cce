/** The laws of whole steps. */
import * as tf from '@tensorflow/tfjs-core'
import { applyUpdates } from '../../apply.js'
import { resolutionsOf } from '../../program/choose.js'
import { linksIn } from '../../program/fold.js'
import { disposeTree, tensorLeaves } from '../../tree/map.js'
import { isRecord } from '../../tree/structure.js'
import { isTensor } from '../../tree/tensors.js'
import type { GradientTransformation } from '../../transform.js'
import { bitsOf, differenceOf, type Bits } from '../bits.js'
import { toCompare } from '../counted.js'
import type { LawDefinition, Sample, Subject } from '../law.js'
import { eachSample, few, init, release, stepOf, walk } from '../walk.js'

/** Whether a rule moves the parameter itself, so that its update is the rounded way from the old one to the new. */
const moves = (tx: GradientTransformation): boolean =>
  [tx.program, ...resolutionsOf(tx.program).map(({ program }) => program)]
    .flatMap(linksIn)
    .some(link => link.kind === 'rule' && link.rule.p !== null)

/** The bits of parameters and state after each step. The sample's parameters are consumed if `donate`. */
const stepped = async (
  { extra }: Subject,
  tx: GradientTransformation,
  { params, gradients }: Sample,
  donate: boolean,
  check: (before: unknown) => void = () => undefined,
): Promise<Bits> => {
  const step = stepOf(tx, { donate })
  let [p, s] = [params, init(tx, params)]
  const seen: Record<string, string> = {}
  for (const [i, g] of gradients.entries()) {
    const before = [p, s]
    ;[p, s] = step(p, g, s, extra(i))
    check(before)
    if (!donate) disposeTree(before)
    Object.entries(await bitsOf([p, s])).forEach(([path, bits]) => (seen[`step ${i}: ${path}`] = bits))
  }
  disposeTree([p, s])
  return seen
}

export const wholeSteps: LawDefinition = {
  says: 'a step is update and applyUpdates in one',
  concerns: ({ make }) => !moves(make()),
  check: async (subject, broken) => {
    const tx = subject.make()
    const { numbers, tolerance } = toCompare()
    await eachSample(subject.samples(2, numbers), async sample => {
      const steps = walk(subject, tx, sample)
      const want: Record<string, string> = {}
      for (const [i, { params, updates, next }] of steps.entries()) {
        const moved = applyUpdates(params as never, updates as never)
        Object.entries(await bitsOf([moved, next])).forEach(([path, bits]) => (want[`step ${i}: ${path}`] = bits))
        disposeTree(moved)
      }
      const got = await stepped(subject, tx, sample, false)
      release(steps, sample)
      const change = differenceOf(got, want, tolerance)
      if (change !== null) throw broken(change)
    })
  },
}

export const donation: LawDefinition = {
  says: 'a donated step gives the same bits, and consumes parameters and state',
  check: async (subject, broken) => {
    const tx = subject.make()
    for (const make of subject.samples(3, 'finite')) {
      const [fresh, given] = [make(), make()]
      const want = await stepped(subject, tx, fresh, false)
      const got = await stepped(subject, tx, given, true, before => {
        if (tensorLeaves(before).some(tensor => !tensor.isDisposed)) throw broken('a donated tensor is not consumed')
      })
      disposeTree([fresh, given])
      const change = differenceOf(got, want)
      if (change !== null) throw broken(`donated, ${change}`)
    }
  },
}

/** Gradients that fit no parameters: the leaf `a` with an axis more, or a key more. */
const misfits = (gradients: unknown): readonly (readonly [string, unknown])[] => {
  const record = isRecord(gradients) ? gradients : {}
  const [key = 'a'] = Object.keys(record).filter(name => isTensor(record[name]))
  const leaf = record[key] as tf.Tensor
  return [
    ['of another shape', { ...record, [key]: tf.zeros([...leaf.shape, 7]) }],
    ['with a key more', { ...record, surplus: tf.zeros([1]) }],
  ]
}

export const failure: LawDefinition = {
  says: 'a step that throws changes nothing: no tensor is consumed, changed or left',
  check: async (subject, broken) => {
    const tx = subject.make()
    for (const donate of [false, true])
      await eachSample(few(subject.samples(1, 'finite')), async ({ params, gradients: [gradients] }) => {
        const state = init(tx, params)
        const bits = await bitsOf([params, state, gradients])
        for (const [what, wrong] of misfits(gradients)) {
          const before = tf.memory().numTensors
          try {
            stepOf(tx, { donate })(params, wrong, state, subject.extra(0))
          } catch {
            const left = tf.memory().numTensors - before
            if (left !== 0) throw broken(`gradients ${what}: ${left} tensors are left`)
            if (tensorLeaves([params, state, gradients]).some(tensor => tensor.isDisposed))
              throw broken(`gradients ${what}: a tensor is disposed`)
            const change = differenceOf(await bitsOf([params, state, gradients]), bits)
            if (change !== null) throw broken(`gradients ${what}: ${change}`)
            continue
          } finally {
            tensorLeaves(wrong).forEach(tensor => tensorLeaves(gradients).includes(tensor) || tensor.dispose())
          }
          throw broken(`gradients ${what} are accepted`)
        }
        disposeTree(state)
      })
  },
}
