/** Ctrl-C as a signal that a loop can ask about. */
import { performance } from 'node:perf_hooks'

/** A terminal and npm both send the same Ctrl-C; what comes within this many milliseconds is one. */
const together = 1000

/** Aborts at the first Ctrl-C; one more, for the impatient, ends the program at once. */
export const interruption = (): AbortSignal => {
  const controller = new AbortController()
  let first = 0
  process.on('SIGINT', () => {
    if (!controller.signal.aborted) {
      first = performance.now()
      controller.abort()
    } else if (performance.now() - first > together) process.exit(130)
  })
  return controller.signal
}
