import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { wholeNumber } from '../call/whole.js'
import { thinned, type ChartRow, type ChartSink } from '../charts/rows.js'
import { isTfvis, tfvisChart, type TfvisLike } from '../charts/tfvis.js'
import { badArgument } from '../errors.js'
import { noLastStep } from '../errors/callbacks.js'
import type { HyperNow } from '../hyperparams.js'
import type { LastStep } from './lastStep.js'

/** An optimizer of `asOptimizer(tx, { lastStep: true })`. */
export interface StepRecorder {
  readonly lastStep: LastStep | null
}

/** What `drawTraining` draws, and when. */
export interface DrawOptions {
  /** whose rate and gradient norm are drawn beside the loss, made with `lastStep: true`; default none */
  readonly optimizer?: StepRecorder
  /** when `fit` draws; default `epoch` */
  readonly every?: 'epoch' | 'batch'
  /** how many rows are kept, a whole number from 2 on; beyond it every second one goes; default 1000 */
  readonly most?: number
}

const options: Names<DrawOptions> = { optimizer: '', every: '', most: '' }

/** Draws a training: a callback for `model.fit`, and `add` for a loop. */
export interface TrainingChart {
  readonly onBatchEnd: (batch: number, logs?: Readonly<Record<string, unknown>>) => Promise<void>
  readonly onEpochEnd: (epoch: number, logs?: Readonly<Record<string, unknown>>) => Promise<void>
  /** adds a row with these numbers, and those of the optimizer if there is one, and draws */
  readonly add: (values: Readonly<Record<string, number>>) => Promise<void>
  readonly rows: readonly ChartRow[]
}

/**
 * A callback for `model.fit` that draws the loss, the metrics, and with `optimizer` the learning rate and the norm of
 * the gradients: `drawTraining(tfvis)` in a browser, `drawTraining(terminalChart())` in a terminal, or any function of
 * the rows. In a loop of your own, `add({ loss })` does the same.
 *
 * Rate and norm are those of the last step before the row. Where rates differ by variable, the largest is drawn.
 *
 * @throws TypeError if `sink` cannot draw or an option is out of range; when it draws, ValueError if the optimizer does
 * not record its steps, and whatever the sink throws.
 * @source tfjs-vis `show.fitCallbacks`, which knows losses and metrics only.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adam, asOptimizer, drawTraining, terminalChart } from 'tfjs-optax'
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] })
 * const optimizer = asOptimizer(adam(0.01), { lastStep: true })
 * model.compile({ optimizer, loss: 'meanSquaredError' })
 * const chart = drawTraining(terminalChart(), { optimizer })
 * await model.fit(tf.ones([8, 3]), tf.ones([8, 1]), { epochs: 2, verbose: 0, callbacks: chart })
 * const names = Object.keys(chart.rows[1]?.values ?? {})
 * // names is ['loss', 'learningRate', 'gradientNorm']
 */
export const drawTraining = /* @__PURE__ */ checked(
  { who: 'drawTraining', takes: ['sink'], options },
  (sink: ChartSink | TfvisLike, options: DrawOptions = {}): TrainingChart => {
    const who = 'drawTraining'
    const { optimizer, every = 'epoch', most = 1000 } = options
    if (!['epoch', 'batch'].includes(every)) throw badArgument(who, 'every', "'epoch' or 'batch'", every)
    wholeNumber(who, 'most', most, 2)
    if (optimizer !== undefined && !isRecorder(optimizer))
      throw badArgument(who, 'optimizer', 'an optimizer of asOptimizer', optimizer)
    const draw = sinkOf(who, sink, every)
    let rows: readonly ChartRow[] = []
    let added = 0
    const add: TrainingChart['add'] = async values => {
      const own = optimizer === undefined ? {} : await numbersOf(who, optimizer)
      added += 1
      rows = thinned([...rows, { at: added, values: { ...values, ...own } }], most)
      await draw(rows)
    }
    return {
      onBatchEnd: async (_batch, logs = {}) => {
        if (every === 'batch') await add(numbersIn(logs, ['batch', 'size']))
      },
      onEpochEnd: async (_epoch, logs = {}) => {
        if (every === 'epoch') await add(numbersIn(logs, []))
      },
      add,
      get rows() {
        return rows
      },
    }
  },
)

const isRecorder = (x: unknown): boolean => typeof x === 'object' && x !== null && 'lastStep' in x

const sinkOf = (who: string, sink: unknown, every: string): ChartSink => {
  if (typeof sink === 'function') return sink as ChartSink
  if (isTfvis(sink)) return tfvisChart(sink, { xLabel: every })
  throw badArgument(who, 'sink', 'tfjs-vis, or a function of the rows such as terminalChart()', sink)
}

const numbersIn = (logs: Readonly<Record<string, unknown>>, without: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    Object.entries(logs).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number' && !without.includes(entry[0]),
    ),
  )

const numbersOf = async (who: string, { lastStep }: StepRecorder): Promise<Record<string, number>> => {
  if (lastStep === null) throw noLastStep(who)
  const rate = largest(lastStep.learningRate)
  return { ...(rate === null ? {} : { learningRate: rate }), gradientNorm: await lastStep.gradientNorm() }
}

const largest = (rate: HyperNow | undefined): number | null => {
  if (rate === undefined || typeof rate === 'number') return rate ?? null
  const rates = Object.values(rate)
  return rates.length === 0 ? null : Math.max(...rates)
}
