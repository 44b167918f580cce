/** Errors of Keras's optimizers, one constructor each. */
import { KeyError, list, nameOf, RuntimeError, short, ValueError } from '../errors.js'

export const unexpectedKeywords = (who: string, names: readonly string[], allowed: readonly string[]): TypeError =>
  new TypeError(
    `${who}: unexpected argument${names.length > 1 ? 's' : ''} ${list(names)}; allowed are ${list(allowed)}`,
  )
export const badSettings = (who: string, faults: readonly string[]): ValueError =>
  new ValueError(faults.map(fault => `${who}: ${fault}`).join('\n'))
export const badPair = (who: string, i: number, got: unknown): TypeError =>
  new TypeError(
    `${who}: gradients must be a map by variable name, a list of {name, tensor} or a list of [gradient, variable], got ${nameOf(got)} at ${i}`,
  )
export const notDense = (who: string, name: string, got: unknown): TypeError =>
  new TypeError(`${who}: the gradient of ${name} must be a tensor or {indices, values}, got ${nameOf(got)}`)
export const badSparse = (who: string, name: string, expected: string, got: unknown): ValueError =>
  new ValueError(`${who}: in the sparse gradient of ${name} ${expected}, got ${nameOf(got)}`)
export const sparseIndex = (who: string, name: string, i: number, got: number, end: number): ValueError =>
  new ValueError(`${who}: indices[${i}] = ${got} of the sparse gradient of ${name} is not in [0, ${end})`)
export const givenReplicas = (who: string, counts: readonly number[]): ValueError =>
  new ValueError(`${who}: all gradients must come from the same number of replicas, got ${list(counts.map(String))}`)
export const crossReplica = (who: string): RuntimeError =>
  new RuntimeError(
    `${who}: gradients of several replicas are given, but experimentalAggregateGradients is false: sum them first`,
  )
export const sparseConstrained = (who: string, name: string): RuntimeError =>
  new RuntimeError(`${who}: cannot use a constraint function on ${name}, whose gradient is sparse`)
export const sparseUnsupported = (who: string, name: string): RuntimeError =>
  new RuntimeError(
    `${who}: takes no sparse gradients, got one for ${name}; pass it as a tensor of the variable's shape`,
  )
export const unknownInitializer = (who: string, got: string): ValueError =>
  new ValueError(`${who}: initializer must be 'zeros' or 'ones', a value or a function, got "${got}"`)
export const noSlot = (who: string, variable: string, slot: string, known: readonly string[]): KeyError =>
  new KeyError(`${who}: ${variable} has no slot ${slot}; it has ${list(known)}`)
export const noGradientFor = (who: string, names: readonly string[]): ValueError =>
  new ValueError(`${who}: the loss does not depend on ${list(names)}, which would have null as gradient`)
export const freshWeights = (who: string, optimizer: string, got: number): ValueError =>
  new ValueError(
    `${who}: called on optimizer ${optimizer} with a weight list of length ${got}, but the optimizer was expecting 0 weights (strict: make its slots with a step first)`,
  )

// The moving average, and missing parts
export const notAnOptimizer = (who: string, got: unknown): TypeError =>
  new TypeError(`${who}: optimizer must be a tf.Optimizer or its config {class_name, config}, got ${nameOf(got)}`)
export const unknownOptimizer = (who: string, name: string, known: readonly string[]): ValueError =>
  new ValueError(
    `${who}: no optimizer is called ${short(name)}; there are ${list(known)}, what tfjs has registered, and customObjects`,
  )
export const noShadowCopy = (who: string, optimizer: string): RuntimeError =>
  new RuntimeError(`${who}: ${optimizer} averages no variables yet; call shadowCopy(model) or take a step first`)
export const averageGone = (who: string, variable: string): RuntimeError =>
  new RuntimeError(`${who}: the average of ${variable} is disposed; it belongs to the optimizer`)
export const averagedDisposed = (who: string, name: string): RuntimeError =>
  new RuntimeError(`${who}: ${name}, which has an average, is disposed`)
export const delegateLacks = (who: string, what: string, optimizer: string): RuntimeError =>
  new RuntimeError(`${who}: the inner optimizer, ${optimizer}, has no ${what}`)
export const notImplementedUpstream = (who: string, instead: string): RuntimeError =>
  new RuntimeError(`${who}: not implemented, since the Model Garden never published it; use ${instead}`)
/** A warning, not an error: Keras has no such schedule. */
export const byPathUnwritable = (key: string): string =>
  `getConfig: ${key} is byPath of a function, which cannot be written; use byPath([[pattern, value], …], otherwise)`
export const scheduleFlattened = (key: string): string =>
  `getConfig: ${key} is a schedule that Keras does not know, so its present value is written; use one of Keras's (kerasPolynomialDecay, …) to keep it`
export const tfjsAccumulator = (who: string, initial: number): ValueError =>
  new ValueError(
    `${who}: tf.train.adagrad has its epsilon inside the root, Keras's Adagrad outside: with initialAccumulatorValue ${initial}, below 0.05, they are other optimizers; load the model before registerOptimizers({replace: true}), or compile it anew`,
  )
export const tfjsSlot = (who: string, weight: string, optimizer: string, means: string): ValueError =>
  new ValueError(
    `${who}: ${weight} has the name of a weight of tfjs's own optimizers, which ${means}; weights of ${optimizer} are called ${optimizer}/${weight}`,
  )
