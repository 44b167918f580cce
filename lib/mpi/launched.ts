import type { RankNode } from './node.js'

/** What a launcher has told a process before MPI is there. */
export interface Launched {
  readonly rank: number
  readonly size: number
  /** how many ranks there are on this machine; null if the launcher does not say */
  readonly localSize: number | null
  /** a name of the job that its processes on this machine share */
  readonly job: string
  /** whether the launcher says which rank was killed, as those of Open MPI and Slurm do */
  readonly tellsRanks: boolean
}

/** What the launcher says; null for a process that it does not number, or that is alone. */
export const launchedAs = ({ env, ppid }: RankNode['process']): Launched | null => {
  const read = (...names: readonly string[]): number => Number(names.map(name => env[name]).find(Boolean) ?? NaN)
  const rank = read('PMI_RANK', 'OMPI_COMM_WORLD_RANK', 'PMIX_RANK')
  const size = read('PMI_SIZE', 'OMPI_COMM_WORLD_SIZE', 'SLURM_NTASKS')
  if (!Number.isInteger(rank) || !(size > 1)) return null
  const localSize = read('MPI_LOCALNRANKS', 'OMPI_COMM_WORLD_LOCAL_SIZE')
  const job = (env['PMIX_NAMESPACE'] ?? `parent-${ppid}`).replace(/\W/g, '-')
  // Within a job of Slurm, `mpiexec` of MPICH starts ranks itself, and passes on the variables of Slurm.
  const bySlurm = Number.isInteger(read('SLURM_PROCID')) && env['HYDI_CONTROL_FD'] === undefined
  const tellsRanks = Number.isInteger(read('OMPI_COMM_WORLD_RANK')) || bySlurm
  return { rank, size, localSize: Number.isInteger(localSize) ? localSize : null, job, tellsRanks }
}
