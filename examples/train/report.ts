/** What a run says before and after. */
import { basename } from 'node:path'
import { tensorsOf } from 'tfjs-optax'
import type { Plan } from './plan.js'
import type { Sample } from './sample.js'
import { settings } from './settings.js'
import type { History, Run } from './trainer.js'

export interface Named {
  readonly name: string
  readonly history: History
}

const grouped = (n: number): string => n.toLocaleString('en-US')

export const announcement = ({ text, steps, seed, backend }: Plan, { step, params }: Run<unknown>): string => {
  const count = tensorsOf(params).reduce((sum, [, leaf]) => sum + leaf.size, 0)
  const length = text.training.length + text.heldOut.length
  return [
    `text       ${basename(text.path)}: ${grouped(length)} characters, ${text.vocabulary.length} different, the last tenth held out`,
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
    ...histories.map(({ name, history }) => `held-out loss  ${finalLoss(history)} bits/char  ${name}`),
    `loss curve     ${folder}/loss.svg`,
    `saved run      ${folder}`,
    '',
    'given this of the held-out text',
    indented(given),
    'the model goes on',
    indented(written),
  ].join('\n')

/** As a shell takes it. */
const quoted = (path: string): string => (/^[\w./~:@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)

export const farewell = (folder: string, { steps }: Plan, { step }: Run<unknown>): string =>
  `stopped after step ${step} of ${steps}; to go on: npm start -- --resume ${quoted(folder)}`
