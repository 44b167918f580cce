/** What a run says before and after. */
import { basename } from 'node:path'
import { tensorsOf } from 'tfjs-optax'
import type { Plan } from './plan.js'
import type { Sample } from './sample.js'
import type { Text } from './text.js'
import { settings } from './settings.js'
import type { History, Run } from './trainer.js'

export interface Named {
  readonly name: string
  readonly history: History
}

const grouped = (n: number): string => n.toLocaleString('en-US')

/** Seconds of a step on a laptop's core, about. */
const secondsOfAStep = 0.1

const roughly = (seconds: number): string =>
  seconds < 90
    ? `about ${Math.max(10, Math.round(seconds / 10) * 10)} seconds`
    : `about ${Math.round(seconds / 60)} minutes`

/** What will be seen, and how long it takes. */
const opening = (steps: number, compares: boolean): readonly string[] => [
  'A small transformer learns to write like a text, one character after the other:',
  'AdamW with clipping, warm-up and cosine decay from tfjs-optax, one fused pass a step.',
  `It ends with a picture of the loss${compares ? ' beside that of tf.train.adam' : ''} and a sample, after ${roughly(steps * secondsOfAStep * (compares ? 2 : 1))}.`,
  '',
]

const characters = ({ vocabulary, different }: Text): string =>
  different === vocabulary.length
    ? `${grouped(different)} different`
    : `${grouped(different)} different, the rarest ${grouped(different - vocabulary.length + 1)} read as one`

export const announcement = (
  { text, steps, seed, backend }: Plan,
  { step, params }: Run<unknown>,
  compares: boolean,
): string => {
  const count = tensorsOf(params).reduce((sum, [, leaf]) => sum + leaf.size, 0)
  const length = text.training.length + text.heldOut.length
  return [
    ...opening(steps - step, compares),
    `text       ${basename(text.path)}: ${grouped(length)} characters, ${characters(text)}, the last tenth held out`,
    `model      ${settings.layers} layers, ${settings.width} wide: ${grouped(count)} parameters`,
    `training   ${steps} steps of ${settings.batch} windows of ${settings.context} characters, seed ${seed}, ${backend}`,
    ...(step > 0 ? [`resumed    after step ${step}`] : []),
  ].join('\n')
}

/** The held-out loss at the end, in bits per character. */
export const finalLoss = ({ heldOut }: History): string => (heldOut.at(-1)?.loss ?? NaN).toFixed(3)

const indented = (text: string): string => text.replace(/^/gm, '  | ')

export const conclusion = (folder: string, histories: readonly Named[], { given, written }: Sample): string =>
  [
    '',
    'given this of the held-out text',
    indented(given),
    'the model goes on',
    indented(written),
    '',
    ...histories.map(({ name, history }) => `held-out loss  ${finalLoss(history)} bits/char  ${name}`),
    `saved run      ${folder}`,
    `${histories.length > 1 ? 'both curves    ' : 'loss curve     '}${folder}/loss.svg`,
  ].join('\n')

/** As a shell takes it. */
const quoted = (path: string): string => (/^[\w./~:@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)

export const farewell = (folder: string, { steps }: Plan, { step }: Run<unknown>): string =>
  `stopped after step ${step} of ${steps}; to go on: npm start -- --resume ${quoted(folder)}`
