/**
 * Says which rank was killed. A killed process says nothing; MPICH's launcher names a process, and often that of another
 * rank, since it kills all of them at once. So each rank starts a shell that waits for the end of its input: the rank's
 * process holds the other end, whatever happens to it. The first witness of a machine speaks.
 */
import { killed } from '../errors/mpi.js'
import type { Launched } from './launched.js'
import type { RankNode } from './node.js'

export interface Witness {
  /** its process; null if there is none */
  readonly pid: number | null
}

/** The signal after which no witness of this machine speaks any more. */
export const hushed = 'SIGUSR1'

/**
 * `$1` is a file whose maker is the first, `$2` the message. A shell that cannot make it ends. The file stays until all
 * others must have tried, two seconds after the end of the first rank.
 */
const script = `
speaks=yes
trap '' PIPE
trap 'speaks=no' USR1
read -r line
exec 3>&2 2>/dev/null
set -C
: > "$1" || exit 0
[ $speaks = yes ] && printf '%s\\n' "$2" >&3
exec 3>&-
sleep 2
rm -f "$1"
`

/** Starts the witness of this rank, unless the launcher itself says which rank has ended. */
export const witnessOf = (node: RankNode, launched: Launched): Witness => {
  const { rank, size, localSize, job, tellsRanks } = launched
  if (tellsRanks) return { pid: null }
  const { process, hostname, tmpdir, shell } = node
  const says = killed({ rank, size, pid: process.pid, host: hostname, isAlone: localSize === size })
  return { pid: shell(script, [`${tmpdir}/tfjs-optax-mpi-${job}-ended`, says]) }
}

/** Effects: the witnesses of this machine say nothing, since somebody says something better. */
export const hush = ({ process }: RankNode, { pid }: Witness): void => {
  if (pid !== null) signal(process, pid, hushed)
}

/** Effects: the witness goes, since the rank ends as it should. */
export const dismiss = ({ process }: RankNode, { pid }: Witness): void => {
  if (pid !== null) signal(process, pid, 'SIGKILL')
}

const signal = (process: RankNode['process'], pid: number, name: string): void => {
  try {
    process.kill(pid, name)
  } catch {
    return // it has ended already, and has nothing to say
  }
}
