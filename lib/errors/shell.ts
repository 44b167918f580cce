/** Errors of stateful optimizers, one constructor each. */
import { list, nameOf, RuntimeError, ValueError } from '../errors.js'

const listed = (names: readonly string[]): string => list(names, 8)

export const ungrowable = (link: string, path: string): ValueError =>
  new ValueError(
    `${link}: a variable appeared after the first step, but the tensor ${path} of its state belongs to no variable, so it cannot grow; use another optimizer for the new variable`,
  )
export const loadedShape = (weight: string, got: string, slot: string, expected: string): ValueError =>
  new ValueError(`setWeights: ${weight} has shape ${got}, its slot ${slot} has ${expected}`)
export const loadedDtype = (weight: string, got: string, slot: string, expected: string): ValueError =>
  new ValueError(`setWeights: ${weight} has dtype ${got}, its slot ${slot} has ${expected}`)
export const loadedCount = (got: number, expected: number): ValueError =>
  new ValueError(
    `setWeights: ${got} weights without names were loaded, but the variables of this step have ${expected} slots; without names all variables must be in the step (name the weights)`,
  )
export const loadedUnbound = (slot: string, left: readonly string[]): ValueError =>
  new ValueError(
    left.length === 0
      ? `setWeights: no weight was loaded for ${slot}, only for other slots of its variable`
      : `setWeights: no weight was loaded for ${slot}, and ${list(left.slice(0, 3))}${left.length > 3 ? ', …' : ''} fit no variable (are they of another model?)`,
  )
export const loadedSurplus = (left: readonly string[]): ValueError =>
  new ValueError(`setWeights: ${listed(left)} fit no variable (are they of another model?)`)
export const loadedSlotUnknown = (weight: string, slot: string, known: readonly string[]): ValueError =>
  new ValueError(`setWeights: ${weight} is for a slot ${slot}; this optimizer has ${list(known)}`)
export const wrongWeights = (who: string, optimizer: string, got: number, expected: number): ValueError =>
  new ValueError(
    `${who}: called on optimizer ${optimizer} with a weight list of length ${got}, but the optimizer was expecting ${expected} weights`,
  )
export const loadedCountWrong = (weight: string, got: unknown): ValueError =>
  new ValueError(`setWeights: ${weight} counts steps, so it must be a whole number of at least 0, got ${nameOf(got)}`)
export const unknownVariable = (who: string, name: string): ValueError =>
  new ValueError(`${who}: no Variable is called ${name} (is it disposed?)`)
export const badIterations = (who: string, got: unknown): ValueError =>
  new ValueError(`${who}: iterations must be a whole number of steps, got ${nameOf(got)}`)
export const noLearningRate = (who: string): RuntimeError =>
  new RuntimeError(`${who}: no transformation of the chain has a learningRate; make one with scaleByLearningRate`)
export const severalLearningRates = (who: string): RuntimeError =>
  new RuntimeError(`${who}: the chain has several learning rates that differ, so one value cannot replace them`)
export const shellDisposed = (who: string): RuntimeError => new RuntimeError(`${who}: the optimizer is disposed`)
export const givenTwice = (who: string, name: string): ValueError =>
  new ValueError(`${who}: two gradients are given for ${name}`)
export const constraintGave = (name: string, got: string, expected: string): ValueError =>
  new ValueError(`applyGradients: the constraint of ${name} gave ${got}, expected ${expected}`)
export const notALossFunction = (who: string, got: unknown): TypeError =>
  new TypeError(
    `${who}: loss must be a function that computes it, got ${nameOf(got)}: tfjs has no tape that outlives a function`,
  )
export const noGradientsGiven = (who: string, names: readonly string[]): ValueError =>
  new ValueError(`${who}: no gradients provided for any variable: ${listed(names)}`)
export const noConfigReader = (who: string): RuntimeError =>
  new RuntimeError(
    `${who}: the reader of chain configs is not loaded; call registerOptimizers() or import 'tfjs-optax/config' first`,
  )
export const aggregateInOptimizer = (who: string, name: string): ValueError =>
  new ValueError(
    `${who}: ${name} takes one gradient per replica, but an optimizer gets one per variable; combine the replicas first, or use makeStep`,
  )
export const notAVariable = (who: string, got: unknown): ValueError =>
  new ValueError(`${who}: varList must hold Variables, got ${nameOf(got)}`)
/** A warning, not an error: the layers may have lost their constraints on purpose. */
export const unconstrained = (who: string): string =>
  `${who}: it applied the constraints of a model before it was saved; call constrain(model) to apply them again`
