/**
 * JavaScript's own `instanceof`. tfjs's checks for methods only, so every optimizer would be an instance of every
 * class.
 */
export function isInstance(this: unknown, value: unknown): boolean {
  return typeof this === 'function' && Function.prototype[Symbol.hasInstance].call(this, value)
}
