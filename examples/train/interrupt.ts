/** Ctrl-C, and what else asks a program to end, as a signal that a loop can ask about. */
import { performance } from 'node:perf_hooks'

/** A terminal and npm both send the same Ctrl-C; what comes within this many milliseconds is one. */
const together = 1000

/** From a keyboard, from a system or a scheduler, from a terminal that closes; with the status that shells expect. */
const statuses = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Aborts at the first of them and sets the status; one more, for the impatient, ends the program at once. */
export const interruption = (): AbortSignal => {
  const controller = new AbortController()
  let first = 0
  for (const [name, status] of Object.entries(statuses))
    process.on(name, () => {
      if (!controller.signal.aborted) {
        first = performance.now()
        process.exitCode = status
        controller.abort()
      } else if (performance.now() - first > together) process.exit(status)
    })
  return controller.signal
}
