/** The laws of composition: in chains, with schedules, through configs. */
import { either as E } from 'fp-ts'
import { chain, identity, monoid } from '../../chain.js'
import { configOf, transformFromConfig } from '../../legacy/config.js'
import { isOpen } from '../../program/resolve.js'
import { clip } from '../../transforms/clip.js'
import { trace } from '../../transforms/trace.js'
import type { GradientTransformation } from '../../transform.js'
import { disposeTree } from '../../tree/map.js'
import { bitsOf, differenceOf, hostOf, outlineOf, type Bits } from '../bits.js'
import { toCompare } from '../counted.js'
import type { LawDefinition, Sample, Subject } from '../law.js'
import { eachSample, few, init, release, traced, walk } from '../walk.js'

/** The bits of all updates, and those of the last state as a list: nested tuples have other paths. */
const seen = async (subject: Subject, tx: GradientTransformation, sample: Sample): Promise<Bits> => {
  const steps = walk(subject, tx, sample)
  const updates = await bitsOf(steps.map(step => step.updates))
  const state = Object.values(await bitsOf(steps.at(-1)?.next))
  release(steps, sample)
  return { ...updates, ...Object.fromEntries(state.map((bits, i) => [`tensor ${i} of the state`, bits])) }
}

export const chains: LawDefinition = {
  says: 'chain is associative with it, and identity is neutral',
  check: async (subject, broken) => {
    const [a, b, c] = [clip(2), subject.make(), trace(0.5)] as unknown as readonly [
      GradientTransformation,
      GradientTransformation,
      GradientTransformation,
    ]
    const ways: Readonly<Record<string, GradientTransformation>> = {
      'chain(clip, chain(it, trace))': chain(a, chain(b, c)),
      'chain(clip, it, trace)': chain(a, b, c),
      'monoid.concat': monoid.concat(monoid.concat(a, b), c),
      'with identity': chain(identity(), a, b, identity(), c),
    }
    const { numbers, tolerance } = toCompare()
    await eachSample(few(subject.samples(2, numbers)), async sample => {
      const want = await seen(subject, chain(chain(a, b), c), sample)
      for (const [name, tx] of Object.entries(ways)) {
        const change = differenceOf(await seen(subject, tx, sample), want, tolerance)
        if (change !== null) throw broken(`${name} differs from chain(chain(clip, it), trace): ${change}`)
      }
    })
  },
}

export const schedules: LawDefinition = {
  says: 'each hyperparameter may be a schedule, which sees counts from 0: a constant one gives the same bits',
  concerns: ({ hyper }) => Object.keys(hyper).length > 0,
  check: async (subject, broken) => {
    const plain = subject.make()
    for (const [name, value] of Object.entries(subject.hyper)) {
      const counts: number[] = []
      const scheduled = subject.make({ ...subject.hyper, [name]: (count: number) => (counts.push(count), value) })
      await eachSample(subject.samples(3, 'finite').slice(0, 1), async sample => {
        const want = await traced(subject, plain, sample)
        const first = init(plain, sample.params)
        counts.length = 0
        const got = await traced(subject, scheduled, sample, first)
        disposeTree(first)
        const change = differenceOf(got, want)
        if (change !== null) throw broken(`with ${name} as a schedule ${change}`)
        const each = [...new Set(counts)].join()
        // What a wrapper with choices contains counts its own steps.
        const right = isOpen(plain.program) ? '0,1,2'.startsWith(each) && each !== '' : each === '0,1,2'
        if (!right) throw broken(`the schedule of ${name} was asked for counts ${each}`)
      })
    }
  },
}

const made = <A>(read: E.Either<Error, A>): A => {
  if (E.isLeft(read)) throw read.left
  return read.right
}

export const configs: LawDefinition = {
  says: 'its config, through JSON, makes a transformation with the same bits from the same states, and the same config',
  concerns: ({ config }) => config,
  check: async (subject, broken) => {
    const tx = subject.make()
    const text = JSON.stringify(made(configOf(tx)))
    const again = made(transformFromConfig(JSON.parse(text)))
    const twice = JSON.stringify(made(configOf(again)))
    if (twice !== text) throw broken(`the config became ${twice}, it was ${text}`)
    await eachSample(subject.samples(2, 'finite'), async sample => {
      const [mine, other] = [init(tx, sample.params), init(again, sample.params)]
      const same = hostOf(mine) === hostOf(other) && outlineOf(mine) === outlineOf(other)
      disposeTree([mine, other])
      if (!same) throw broken(`its first state is ${hostOf(other)}, not ${hostOf(mine)}`)
      const change = differenceOf(await traced(subject, again, sample), await traced(subject, tx, sample))
      if (change !== null) throw broken(change)
    })
  },
}
