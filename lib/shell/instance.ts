/** JavaScript's own `instanceof`. tfjs's looks for methods only, so that every optimizer is one of every class. */
export function isInstance(this: unknown, value: unknown): boolean {
  return typeof this === 'function' && Function.prototype[Symbol.hasInstance].call(this, value)
}
