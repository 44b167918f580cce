/** Transformations and schedules as JSON and back: `import { configOf, transformFromConfig } from 'tfjs-optax/config'`. */
import './complete.js'
import './legacy/chainReader.js'
export type { Codecs, MadeState } from './config/configs.js'
export type { Config, Json } from './config/json.js'
export type { Codec } from './config/kind.js'
export { ConfigError } from './errors.js'
export { codecs, configOf, registerTransform, transformFromConfig } from './legacy/config.js'
