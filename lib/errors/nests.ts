/** Errors about wrappers of a user's own, made by `nest`. */
import { list, nameOf, RuntimeError, ValueError } from '../errors.js'

export const nameInNest = (who: string, name: string, first: string, second: string): TypeError =>
  new TypeError(`${who}: ${name} is ${first} and ${second}; the fields of a state need names of their own`)
export const unknownPart = (who: string, arm: string, name: unknown, known: readonly string[]): TypeError =>
  new TypeError(`${who}: arm ${arm} runs ${nameOf(name)}, which is no part; the parts are ${list(known)}`)
export const unknownArm = (who: string, where: string, got: unknown, known: readonly string[]): ValueError =>
  new ValueError(`${who}: pick must return an arm, one of ${list(known)}, got ${nameOf(got)} for ${where}`)
export const badOwn = (who: string, where: string, name: string, got: unknown): ValueError =>
  new ValueError(`${who}: ${where}.${name} must be a finite number, got ${nameOf(got)}`)
export const pickFailed = (who: string, what: string, cause: unknown): RuntimeError =>
  new RuntimeError(`${who}: ${what} failed: ${cause instanceof Error ? cause.message : nameOf(cause)}`, { cause })
export const openInside = (who: string, name: string): TypeError =>
  new TypeError(
    `${who}: ${name} counts its steps on the host, which does not know the steps that ${who} skips; put ${who} into ${name}`,
  )
export const opaqueInside = (who: string, name: string): TypeError =>
  new TypeError(
    `${who}: a step of ${name}, a pair of functions, cannot be undone on the device; write it by elementwise, tensorwise or nest`,
  )
export const cannotReset = (who: string, link: string, why: string): ValueError =>
  new ValueError(`${who}: resetState needs rules, and ${link} ${why}`)
export const notOneVector = (link: string, why: string): ValueError =>
  new ValueError(`flatten: the leaves are one vector for inner, but ${link} ${why}`)
