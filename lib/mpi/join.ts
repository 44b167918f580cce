/**
 * The time limit of MPI_Init, which waits until all ranks have called it. It blocks its thread, so another one watches:
 * each rank leaves a file while it waits, by which the message can name those who are missing on this machine.
 */
import { whileGuarded } from './guard.js'
import type { Launched } from './launched.js'
import { lastWords } from './leave.js'
import type { RankNode } from './node.js'
import { hushed, type Witness } from './witness.js'

/** A process that joins the others. */
interface Joining {
  readonly launched: Launched | null
  readonly witness: Witness
}

/** Says who is missing, and kills the process: nothing milder ends a thread in MPI_Init. */
const code = `
const fs = require('node:fs')
const end = () => {
  const die = () => process.kill(process.pid, 'SIGKILL')
  let here = []
  try { here = fs.readdirSync(d.folder).map(Number) } catch { if (d.hasNote) return die() } // another rank has spoken
  const all = Array.from({ length: d.size }, (_, r) => r)
  const missing = all.filter(r => !here.includes(r))
  const who = !d.hasNote ? 'others' : d.localSize !== d.size
    ? 'others; on this machine ' + here.length + (d.localSize === null ? '' : ' of ' + d.localSize) + ' have come (rank ' + here.join(', ') + ')'
    : missing.length > 0 ? 'rank ' + missing.join(', ') : 'MPI itself, since all ranks have come'
  const words = 'tfjs-optax/mpi: rank ' + d.rank + ' of ' + d.size + ' has waited ' + d.seconds +
    ' s in MPI_Init for ' + who + '; all ranks are stopped (a longer time: TFJS_OPTAX_MPI_TIME_LIMIT, in seconds)\\n'
  try { fs.writeSync(2, words) } catch {} // nobody reads it
  try { if (d.witness !== null) process.kill(d.witness, d.hushed) } catch {}
  Atomics.wait(d.state, 0, 1, d.lastWords)
  fs.rmSync(d.folder, { recursive: true, force: true })
  die()
}
`

/** Runs `init`, which returns when all ranks have come. */
export const joinWithin = (seconds: number, node: RankNode, { launched, witness }: Joining, init: () => void): void => {
  if (launched === null) return init()
  const { fs, tmpdir } = node
  const folder = `${tmpdir}/tfjs-optax-mpi-${launched.job}`
  const own = `${folder}/${launched.rank}`
  const hasNote = leaveNote(node, folder, own)
  const data = { ...launched, folder, hasNote, witness: witness.pid, hushed, lastWords }
  try {
    whileGuarded(node, { code, data, seconds }, init)
  } finally {
    fs.rmSync(own, { force: true })
    removeIfEmpty(node, folder)
  }
}

/** Without a folder for notes the message of the guard says less. */
const leaveNote = ({ fs }: RankNode, folder: string, own: string): boolean => {
  try {
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(own, '')
    return true
  } catch {
    return false
  }
}

/** The last rank to go removes the folder; for the others it is not empty, or gone. */
const removeIfEmpty = ({ fs }: RankNode, folder: string): void => {
  try {
    fs.rmdirSync(folder)
  } catch {
    return
  }
}
