/**
 * All names in one object, `tfjsOptax`, for pages that load scripts: `dist/browser/global.js` takes tfjs from the global
 * `tf` of its own script.
 */
export * from './index.js'
export * from './legacy.js'
export * from './config.js'
export * as rule from './rule.js'
export * as testing from './testing.js'
