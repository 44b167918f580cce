/**
 * The handles of MPI objects in two binary interfaces: MPICH's (Intel MPI's and MVAPICH's too), where they are numbers
 * of its mpi.h, and Open MPI's, where they are the addresses of symbols of the library.
 */
import { unknownLibrary } from '../errors/mpi.js'

type MpiHandle = number | bigint

export interface Handles {
  /** the C type of a handle */
  readonly type: 'int' | 'void *'
  readonly world: MpiHandle
  readonly float: MpiHandle
  readonly int: MpiHandle
  readonly byte: MpiHandle
  readonly sum: MpiHandle
  readonly max: MpiHandle
  readonly errorsReturn: MpiHandle
  /** the address that stands for an operation in place */
  readonly inPlace: bigint
  /**
   * bytes from which it is faster to exchange parts, add them and gather them than to have the library add: Open MPI's sums
   * that do not block take two to three times as long
   */
  readonly exchangeFrom: number
  /** whether MPI_Finalize may hang where ranks are on several machines */
  readonly finalizeMayHang: boolean
  /** the address that stands for a status that nobody reads */
  readonly ignore: bigint
}

const mpich: Handles = {
  type: 'int',
  world: 0x44000000,
  float: 0x4c00040a,
  int: 0x4c000405,
  byte: 0x4c00010d,
  sum: 0x58000003,
  max: 0x58000001,
  errorsReturn: 0x54000001,
  inPlace: -1n,
  exchangeFrom: Infinity,
  finalizeMayHang: true,
  ignore: 1n,
}

const openMpi = (symbol: (name: string) => bigint): Handles => ({
  type: 'void *',
  world: symbol('ompi_mpi_comm_world'),
  float: symbol('ompi_mpi_float'),
  int: symbol('ompi_mpi_int'),
  byte: symbol('ompi_mpi_byte'),
  sum: symbol('ompi_mpi_op_sum'),
  max: symbol('ompi_mpi_op_max'),
  errorsReturn: symbol('ompi_mpi_errors_return'),
  inPlace: 1n,
  exchangeFrom: 2 ** 16,
  finalizeMayHang: false,
  ignore: 0n,
})

/** The handles of the library that calls itself `version`. */
export const handlesOf = (version: string, symbol: (name: string) => bigint): Handles => {
  if (version.includes('Open MPI')) return openMpi(symbol)
  if (/MPICH|Intel\(R\) MPI|MVAPICH/.test(version)) return mpich
  throw unknownLibrary(version)
}
