/** Reads scalar tensors of a file as exact numbers and booleans: other programs store a count as an integer tensor. */
import { either as E, function as F } from 'fp-ts'
import { dtypeOf, readValues, type Bytes } from './dtypes.js'
import type { Entry } from './header.js'
import type { Host } from './host.js'
import { short } from '../errors.js'
import { showShape } from '../tree/tensors.js'

/** The dtypes that a tfjs tensor would round or refuse. */
const wide: Readonly<Record<string, (view: DataView) => number | bigint>> = {
  F64: view => view.getFloat64(0, true),
  I64: view => view.getBigInt64(0, true),
  U64: view => view.getBigUint64(0, true),
  U32: view => view.getUint32(0, true),
}

/** The value of a tensor without axes; Left describes any other tensor, whose data are then not read. */
export const scalarOf = (entry: Entry, data: (entry: Entry) => Bytes): E.Either<string, Host> => {
  const { dtype, shape } = entry
  const known = dtypeOf(dtype)
  if (shape.length > 0 || known === undefined) return E.left(`${dtype} of shape ${short(showShape(shape))}`)
  const bytes = data(entry).slice() // a copy, since `readValues` changes it and the data may be read again
  const value = wide[dtype]?.(new DataView(bytes.buffer))
  if (value !== undefined)
    return typeof value === 'number' || BigInt(Number(value)) === value
      ? E.right(Number(value))
      : E.left(`${value.toString()} (no number is it exactly)`)
  return F.pipe(
    readValues(known, bytes),
    E.map(([first = NaN]) => (known.to === 'bool' ? first !== 0 : first)),
  )
}
