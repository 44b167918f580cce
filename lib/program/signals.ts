/** Names of signals: those of a nest differ from those that links within it send, which would replace them. */
import { linksIn } from './fold.js'
import type { Program } from './program.js'

/** A name for a signal of a nest around a program: `gradient#1`, or the next number that nothing in it sends. */
export const signalName = <N extends string>(name: N, program: Program): `${N}#${number}` => {
  const sent = new Set(
    linksIn(program).flatMap(link => (link.kind === 'rule' ? Object.keys(link.rule.signals?.sends ?? {}) : [])),
  )
  let depth = 1
  while (sent.has(`${name}#${depth}`)) depth++
  return `${name}#${depth}`
}
