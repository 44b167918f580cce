/** The nodes of a tree, and the paths to them. */

/** How deep a tree may be, far deeper than any model's; what is deeper is most often a tree that contains itself. */
export const mostLevels = 256

/** A plain object of any realm: its prototype is null or has none itself. */
export const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> => {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) return false
  const proto: unknown = Object.getPrototypeOf(x)
  return proto === null || Object.getPrototypeOf(proto) === null
}

/** `dense.kernel`, `layers.0.bias`: keys and indices from the root, joined by dots. */
export const joinPath = (path: string, key: string | number): string => (path === '' ? String(key) : `${path}.${key}`)
