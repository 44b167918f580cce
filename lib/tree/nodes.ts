/** The nodes of a tree, and the paths to them. */

/** The most levels of a tree, far more than any model has. */
export const mostLevels = 256

export { isRecord } from '../call/record.js'

/** `dense.kernel`, `layers.0.bias`: keys and indices from the root, joined by dots. */
export const joinPath = (path: string, key: string | number): string => (path === '' ? String(key) : `${path}.${key}`)
