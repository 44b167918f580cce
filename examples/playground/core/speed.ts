/** How long a step of a chain takes on this device, beside a step of `tf.train.adam` over the same parameters. */
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, keepTree, makeStep, ready, tidy } from '../../../lib/index.js'
import type { GradientTransformation } from '../../../lib/transform.js'

export interface Speed {
  readonly backend: string
  readonly parameters: number
  /** medians of milliseconds for a step */
  readonly ours: number
  readonly theirs: number
  /** how many batches of steps each median is of */
  readonly batches: number
}

/** A contestant: one step, something to wait for, and the end. */
interface Runner {
  readonly step: () => void
  readonly settled: () => Promise<unknown>
  readonly end: () => void
}

/** A GPU has done its steps when one number of the last can be read. */
const settle = async (tensor: tf.Tensor): Promise<void> => {
  const first = tf.tidy(() => tf.slice(tf.reshape(tensor, [-1]), [0], [1]))
  await first.data()
  first.dispose()
}

const oursFor = (tx: GradientTransformation, side: number): Runner => {
  const step = makeStep(tx, { donate: true })
  const begun = tidy(() => {
    const params = { w: tf.ones([side, side]) }
    const state: unknown = tx.init(params)
    return keepTree({ params, state, gradients: { w: tf.fill([side, side], 1e-3) } })
  })
  const { gradients } = begun
  let { params, state } = begun
  return {
    step: () => {
      ;[params, state] = step(params, gradients, state as never, { value: 1 })
    },
    settled: () => settle(params.w),
    end: () => disposeTree([params, state, gradients]),
  }
}

const theirsFor = (side: number): Runner => {
  const optimizer = tf.train.adam(1e-3)
  const ones = tf.ones([side, side])
  const variable = tf.variable(ones)
  ones.dispose()
  const gradient = tf.fill([side, side], 1e-3)
  return {
    step: () => {
      optimizer.applyGradients([{ name: variable.name, tensor: gradient }])
    },
    settled: () => settle(variable),
    end: () => {
      optimizer.dispose()
      variable.dispose()
      gradient.dispose()
    },
  }
}

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? NaN

/** Milliseconds for a step, over so many steps: clocks of browsers are coarse, and GPUs are waited for once. */
const timed = async ({ step, settled }: Runner, steps: number, now: () => number): Promise<number> => {
  const start = now()
  for (let i = 0; i < steps; i++) step()
  await settled()
  return (now() - start) / steps
}

/** How many steps take some ten milliseconds, if one takes so long. */
const batchOf = (one: number): number => Math.max(1, Math.min(50, Math.round(10 / Math.max(one, 0.1))))

/**
 * Medians of steps over a square matrix, the two by turns so that both meet the same machine, for about `budget`
 * milliseconds and three batches of steps each at least. `now` is the clock, and `pause` lets the page breathe.
 */
export const speedOf = async (
  tx: GradientTransformation,
  { side, budget, now, pause }: { side: number; budget: number; now: () => number; pause: () => Promise<void> },
): Promise<Speed> => {
  await ready(tx)
  const runners: Runner[] = []
  try {
    runners.push(oursFor(tx, side), theirsFor(side))
    const times: number[][] = [[], []]
    for (const runner of runners) await timed(runner, 1, now) // the first step compiles
    const batches: number[] = []
    for (const runner of runners) batches.push(batchOf(await timed(runner, 1, now)))
    const start = now()
    while (now() - start < budget || (times[0]?.length ?? 0) < 3) {
      for (const [i, runner] of runners.entries()) times[i]?.push(await timed(runner, batches[i] ?? 1, now))
      await pause()
    }
    const [ours = [], theirs = []] = times
    return {
      backend: tf.getBackend(),
      parameters: side * side,
      ours: median(ours),
      theirs: median(theirs),
      batches: ours.length,
    }
  } finally {
    for (const { end } of runners) end()
  }
}
