/** A page that forbids WebAssembly: steps are tfjs ops, `explain` says why before the first one and after it, one warning. */
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { long, type Check } from './walk.js'

const tellsTheTruth = async (): Promise<string> => {
  await tf.setBackend('cpu')
  const warned: string[] = []
  const { warn } = console
  console.warn = (what: unknown) => warned.push(String(what))
  const lines: string[] = []
  try {
    for (const tx of [long(), O.sgd(0.1)]) {
      lines.push(O.explain(tx).split('\n')[0] ?? '')
      await O.ready(tx)
      const p = tf.tensor1d([1, 2])
      const pair = O.makeStep(tx as O.GradientTransformation)(p, p, tx.init(p))
      lines.push(O.explain(tx).split('\n')[0] ?? '')
      O.disposeTree([p, pair])
    }
  } finally {
    console.warn = warn
  }
  const other = lines.filter(line => !line.startsWith('cpu: tfjs ops, since WebAssembly cannot be compiled here ('))
  if (other.length > 0) throw new Error(other.join('\n'))
  if (warned.length !== 1) throw new Error(`${warned.length} warnings: ${warned.join('\n')}`)
  return lines[0] ?? ''
}

/** What the frame runs: nobody can evaluate anything in it from outside. */
export const tellParent = async (): Promise<void> => {
  const said = await tellsTheTruth().then(
    line => ({ line, fault: null }),
    (fault: unknown) => ({ line: '', fault: String(fault) }),
  )
  parent.postMessage(said, '*')
}

export const strictChecks: Readonly<Record<string, Check>> = {
  'in a frame that forbids WebAssembly, `explain` tells the truth before the first step and after it': async () => {
    const frame = document.createElement('iframe')
    const heard = new Promise<{ line: string; fault: string | null }>(resolve => {
      addEventListener('message', ({ data }) => {
        resolve(data as { line: string; fault: string | null })
      })
      setTimeout(resolve, 60_000, { line: '', fault: 'nothing for a minute' })
    })
    frame.src = '/strict'
    document.body.append(frame)
    const { line, fault } = await heard
    frame.remove()
    if (fault !== null) throw new Error(fault)
    return line
  },
}
