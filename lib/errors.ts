/**
 * The classes of errors, and one constructor for each error that is not in lib/errors/. A message says who throws, what
 * was expected, what came, and for trees the path. The classes are JavaScript's `TypeError` and those of Python's
 * Keras.
 */
export class ValueError extends Error {
  override readonly name = 'ValueError'
}
/** A key that is not there, such as the slot of an unknown variable; Keras's error of that name. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
}
/** Something that cannot be done now, such as gradients of replicas outside of replicas; Python's error of that name. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError'
}
/** Limits of messages: faults in an error, names in a list, characters in a line and in a name. */
const [mostFaults, mostNames, longestLine, mostCharacters] = [50, 20, 1500, 100]

/** The text; if it is too long, its beginning and its length. */
export const cut = (text: string, most: number): string => text.slice(0, most) + rest(text, most)
const rest = ({ length }: string, most: number): string => (length > most ? `… (${length} characters)` : '')
/** A text for a message; if it is long, its beginning and its length. */
export const short = (text: string): string => cut(text, mostCharacters)
/** `short` in quotes. */
export const quoted = (text: string): string =>
  JSON.stringify(text.slice(0, mostCharacters)) + rest(text, mostCharacters)

/**
 * A config that cannot be read, or a transformation that cannot be written as one: a line for each fault, at most 50,
 * then a line with the number of the others.
 */
export class ConfigError extends ValueError {
  readonly faults: readonly string[]
  constructor(who: string, faults: readonly string[]) {
    const told = faults.slice(0, mostFaults).map(fault => cut(fault, longestLine))
    const rest = faults.length - told.length
    const lines = rest === 0 ? told : [...told, `and ${rest} more`]
    super(
      faults.length === 1 ? `${who}: ${lines.join('')}` : [`${who}: ${faults.length} faults`, ...lines].join('\n  '),
    )
    this.faults = Object.freeze(lines)
  }
}

const joined = (names: readonly string[], most: number): string =>
  names.slice(0, most).map(short).join(', ') + (names.length > most ? ` and ${names.length - most} more` : '')

/** Names for a message: the first ones, and how many more there are. */
export const list = (names: readonly string[], most = mostNames): string =>
  names.length === 0 ? 'none' : joined(names, most)
export const braces = (names: readonly string[]): string => `{${joined(names, mostNames)}}`

/** The message of something thrown. */
export const saying = (cause: unknown): string =>
  cut(cause instanceof Error ? cause.message : nameOf(cause), longestLine)

let nameOfObject: (x: unknown) => string = () => 'an object'

/** Effect: messages say what an object is from now on. */
export const useNaming = (naming: typeof nameOfObject): void => {
  nameOfObject = naming
}

/** A short description of any value for a message: `1.2`, `an array of 3`, `a record {mu, nu}`, `a Tensor`. */
export const nameOf = (x: unknown): string => {
  if (x === null || x === undefined || typeof x === 'number' || typeof x === 'boolean') return String(x)
  if (typeof x === 'string') return quoted(x)
  if (typeof x === 'function') return 'a function'
  return nameOfObject(x)
}

// Options
export const hyperOutOfRange = (who: string, name: string, expected: string, got: unknown): ValueError =>
  new ValueError(`${who}: ${name} must be ${expected}, got ${nameOf(got)}`)
export const hyperNotANumber = (who: string, name: string, got: unknown): TypeError =>
  new TypeError(`${who}: ${name} must be a number or a schedule (count) => number, got ${nameOf(got)}`)
export const scheduleOutOfRange = (who: string, name: string, count: number, expected: string, got: unknown): Error =>
  new ValueError(`${who}: ${name} must be ${expected}, its schedule gave ${nameOf(got)} at count ${count}`)
export const badArgument = (who: string, name: string, expected: string, got: unknown): TypeError =>
  new TypeError(`${who}: ${name} must be ${expected}, got ${nameOf(got)}`)

// Rules
export const unknownOutput = (who: string, names: readonly string[], known: readonly string[]): TypeError =>
  new TypeError(`${who}: step returned ${list(names)}, which is none of ${list(known)}`)
export const missingOutput = (who: string, name: string): TypeError =>
  new TypeError(`${who}: step must return ${name} (a slot that stays must be returned too)`)
export const takenName = (who: string, name: string, by: string): TypeError =>
  new TypeError(`${who}: the name ${name} is taken by ${by}`)
export const badName = (who: string, name: string): TypeError =>
  new TypeError(`${who}: the name ${JSON.stringify(name)} must have no space and no ' at its end`)
export const scalarNotFinite = (who: string, name: string, t: number, got: unknown): ValueError =>
  new ValueError(`${who}: scalar ${name} must be a number other than NaN, got ${nameOf(got)} at step ${t}`)
export const notAnOperand = (op: string, got: unknown): TypeError =>
  new TypeError(`${op}: an operand must be an expression or a number, got ${nameOf(got)}`)
export const notACondition = (got: unknown): TypeError =>
  new TypeError(`select: the condition must be one of lt or isFinite, got ${nameOf(got)}`)
export const ruleFailed = (who: string, what: string, cause: unknown): TypeError =>
  new TypeError(`${who}: ${what} failed: ${cause instanceof Error ? cause.message : nameOf(cause)}`, { cause })
export const scalarsChanged = (who: string, t: number, expected: readonly string[], got: unknown): TypeError =>
  new TypeError(`${who}: scalars must be ${braces(expected)} as at step 1, got ${nameOf(got)} at step ${t}`)
export const notInterpretable = (interpreter: string, link: string): TypeError =>
  new TypeError(`${interpreter}: ${link} is not made of rules, so only tfjs ops can run it`)

// Transformations
export const notATransformation = (who: string, position: string, got: unknown): TypeError =>
  new TypeError(`${who}: ${position} must be a transformation {init, update}, got ${nameOf(got)}`)
export const duplicateName = (who: string, name: string): ValueError =>
  new ValueError(`${who}: the name ${name} is given twice`)
export const notNamed = (position: number, got: unknown): TypeError =>
  new TypeError(`namedChain: link ${position} must be [name, transformation], got ${nameOf(got)}`)
export const eachMoves = (who: string, link: string): ValueError =>
  new ValueError(`${who}: each works on gradients, but ${link} moves the parameters`)
export const badAxis = (who: string, path: string, axis: number): ValueError =>
  new ValueError(`${who}: leaf ${path} has no axis ${axis} to unstack`)
export const tookPart = (who: string, path: string): ValueError =>
  new ValueError(`${who}: leaf ${path} is null in the updates it returned, but took part in this step`)
export const satOut = (who: string, path: string): ValueError =>
  new ValueError(`${who}: leaf ${path} has a value in the updates it returned, but sat this step out`)
export const notPlain = (who: string, path: string, got: unknown): TypeError =>
  new TypeError(
    `${who}: its state must be plain data with tensors at its leaves, got ${nameOf(got)} at ${path === '' ? 'the root' : path}`,
  )
export const gatherNotFirst = (who: string, name: string): ValueError =>
  new ValueError(`${who}: ${name} takes one gradient tree per replica, so it must be the first link`)
export const needsParams = (who: string): TypeError =>
  new TypeError(`${who}: reads the parameters, so update needs them as its third argument`)
export const wrongState = (who: string, where: string, expected: readonly string[], got: unknown): ValueError =>
  new ValueError(`${who}: ${where} must be ${braces(expected)}, got ${nameOf(got)} (is it the state of another chain?)`)
export const wrongStateLength = (where: string, expected: number, got: unknown): ValueError =>
  new ValueError(
    `chain: ${where} must be an array of ${expected}, one entry per link, got ${nameOf(got)} (is it the state of another chain?)`,
  )
export const wrongCount = (who: string, where: string, got: unknown, field = 'count'): ValueError =>
  new ValueError(`${who}: ${where}.${field} must be a whole number of steps, got ${nameOf(got)}`)
export const slotMissing = (who: string, where: string, path: string): ValueError =>
  new ValueError(
    `${who}: ${where} has no value for leaf ${path}, which takes part in this step (was it masked at init?)`,
  )
export const wrongResult = (who: string, got: unknown): TypeError =>
  new TypeError(`${who}: update must return [updates, state], got ${nameOf(got)}`)
export const badInterval = (who: string, name: string, got: unknown, at: number | undefined): ValueError =>
  new ValueError(
    `${who}: ${name} must be a whole number from 1 on, ${at === undefined ? 'got' : 'its schedule gave'} ${nameOf(got)}${at === undefined ? '' : ` after ${at} updates`}`,
  )
export const notAMatrix = (who: string, path: string, shape: readonly number[]): ValueError =>
  new ValueError(`${who}: leaf ${path} must be a matrix, got shape [${shape.join(',')}]; leave it out by \`masked\``)
export const badResult = (who: string, expected: readonly string[], got: unknown): TypeError =>
  new TypeError(`${who}: a step must give ${braces(expected)}, got ${nameOf(got)}`)
export const notReplicas = (who: string, got: unknown): TypeError =>
  new TypeError(`${who}: updates must be a non-empty array with one gradient tree per replica, got ${nameOf(got)}`)
export const replicaAbsent = (who: string, path: string, replica: number): ValueError =>
  new ValueError(`${who}: leaf ${path} is null in replica ${replica} but not in all replicas`)
export const replicaCount = (who: string, path: string, got: number, expected: number): ValueError =>
  new ValueError(`${who}: leaf ${path} stacks ${got} replicas, others ${expected}`)
export const eachHasSlots = (who: string, link: string): ValueError =>
  new ValueError(`${who}: each must be without slots, one for all replicas, but ${link} has some`)
export const emptyTree = (who: string, what: string): ValueError => new ValueError(`${who}: ${what} has no tensors`)

// Trees
export const structureMismatch = (who: string, path: string, what: string, got: string, than: string, has: string) =>
  new ValueError(`${who}: ${path === '' ? 'the root' : path} is ${got} in ${what}, ${has} in ${than}`)
export const missingKey = (who: string, path: string, what: string, than: string): ValueError =>
  new ValueError(`${who}: ${path} is missing in ${what} but present in ${than} (a gradient that sits out is null)`)
export const extraKey = (who: string, path: string, what: string, than: string): ValueError =>
  new ValueError(`${who}: ${path} is present in ${what} but missing in ${than}`)
export const shapeMismatch = (who: string, path: string, what: string, got: string, than: string, has: string) =>
  new ValueError(`${who}: leaf ${path} has shape ${got} in ${what}, ${has} in ${than}`)
export const dtypeMismatch = (who: string, path: string, what: string, got: string, expected: string): TypeError =>
  new TypeError(`${who}: leaf ${path} has dtype ${got} in ${what}, expected ${expected}`)
export const notATensor = (who: string, path: string, what: string, got: unknown): TypeError =>
  new TypeError(`${who}: ${path === '' ? 'the root' : `leaf ${path}`} of ${what} must be a tensor, got ${nameOf(got)}`)
export const disposedLeaf = (who: string, path: string, what: string): RuntimeError =>
  new RuntimeError(`${who}: leaf ${path} of ${what} is disposed (was it donated to an earlier step?)`)
export const donatedTwice = (who: string, first: string, second: string): ValueError =>
  new ValueError(`${who}: ${first} and ${second} are one tensor, which cannot be consumed twice`)
export const assignedTwice = (who: string, first: string, second: string): ValueError =>
  new ValueError(`${who}: ${first} and ${second} are one Variable, which cannot be assigned twice in a step`)
export const differentiatedTwice = (who: string, first: string, second: string): ValueError =>
  new ValueError(`${who}: ${first} and ${second} are one Variable, which has one gradient only`)
export const assignedOnTape = (who: string, path: string): RuntimeError =>
  new RuntimeError(
    `${who}: ${path} is a Variable, and tfjs cannot differentiate through its assignment; use plain tensors`,
  )
export const donatedGradient = (who: string, donated: string, gradient: string): ValueError =>
  new ValueError(`${who}: ${donated} is consumed, but the same tensor is the gradient ${gradient}`)
export const absentParam = (who: string, path: string): ValueError =>
  new ValueError(`${who}: leaf ${path} is null in params but has an update`)
export const badMask = (who: string, path: string, got: unknown): TypeError =>
  new TypeError(`${who}: mask must be true or false at ${path === '' ? 'the root' : path}, got ${nameOf(got)}`)

// tfjs
export const noBackend = (who: string, cause: unknown): RuntimeError =>
  new RuntimeError(
    `${who}: tfjs has no backend ready; import one, e.g. '@tensorflow/tfjs-backend-wasm', and \`await tf.setBackend('wasm')\` first`,
    { cause },
  )
export const noGradients = (who: string, cause: unknown): RuntimeError =>
  new RuntimeError(
    `${who}: tfjs has no gradient functions registered; import '@tensorflow/tfjs' or '@tensorflow/tfjs-layers' once (tfjs-core alone registers none in Node)`,
    { cause },
  )
export const lossNotScalar = (who: string, got: string): ValueError =>
  new ValueError(`${who}: the loss must be a scalar tensor, got ${got}`)
export const asyncReadNeeded = (who: string, backend: string): RuntimeError =>
  new RuntimeError(`${who}: backend ${backend} cannot be read synchronously`)
export const auxMissing = (who: string, got: unknown): TypeError =>
  new TypeError(`${who}: with hasAux the loss function must return [loss, aux], got ${nameOf(got)}`)

// Files
export const badFile = (who: string, why: string): ValueError => new ValueError(`${who}: ${why}`)
export const nameTwice = (who: string, name: string): ValueError =>
  new ValueError(`${who}: two leaves have the name ${short(name)}; rename a key that contains a dot`)
export const renamedAlike = (who: string, first: string, second: string, name: string): ValueError =>
  new ValueError(
    `${who}: rename gives ${short(first)} and ${short(second)} the one name ${short(name)}, which only equal numbers may share`,
  )
export const notStorable = (who: string, name: string, got: unknown): TypeError =>
  new TypeError(`${who}: leaf ${name} must be a tensor, number, boolean, string or null, got ${nameOf(got)}`)
export const leafMissing = (who: string, name: string, kind: string, where: string): ValueError =>
  new ValueError(`${who}: leaf ${name}, ${kind}, is missing in ${where} (is it of another tree?)`)
export const leafExtra = (who: string, names: readonly string[], where: string): ValueError =>
  new ValueError(`${who}: ${where} has ${list(names, 5)}, which like does not have (is it of another tree?)`)
export const needsNode = (who: string, instead: string): RuntimeError =>
  new RuntimeError(`${who}: files need Node 20.16 or later; elsewhere use ${instead}`)

// Legacy
export const scheduleNotRead = (path: string, says: string): ValueError =>
  new ValueError(cut(`${path}: ${says}`, longestLine))

// Devices
export const noMemory = (what: string, bytes: number, cause?: unknown): RuntimeError =>
  new RuntimeError(`out of memory: ${what} needs ${bytes} bytes, and the backend has no more; nothing has changed`, {
    cause,
  })
export const tooLarge = (what: string, bytes: number, limit: number): RuntimeError =>
  new RuntimeError(
    `out of memory: ${what} needs ${bytes} bytes, and a buffer of this GPU has ${limit} at most; nothing has changed`,
  )
/** A warning, not an error: the step goes on with tfjs ops. */
export const kernelsDiffer = (backend: string): string =>
  `tfjs-optax: the generated kernel for ${backend} gives other numbers than tfjs ops here, so ops are used; please report it`
export const kernelsFail = (backend: string, cause: unknown): string =>
  `tfjs-optax: kernels cannot run on ${backend} here (${cause instanceof Error ? cause.message : String(cause)}), so tfjs ops are used`
export const kernelsUnchecked = (backend: string): string =>
  `tfjs-optax: a chain runs as tfjs ops on ${backend}, since its kernels were not checked; before the first step, \`await ready(tx, { params })\``
