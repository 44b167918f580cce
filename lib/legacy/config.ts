/** Configs of transformations, with Keras's schedules among the hyperparameters. */
import type { either as E } from 'fp-ts'
import type * as t from 'io-ts'
import { checked } from '../call/checked.js'
import { configs, type Codecs, type MadeState } from '../config/configs.js'
import type { Config } from '../config/json.js'
import { writeConfig } from '../config/write.js'
import type { ConfigError } from '../errors.js'
import { programOf, type FirstLink, type GradientTransformation } from '../transform.js'
import { keras } from './schedules/config.js'

const own = configs({ keras })

/**
 * The transformation that a config describes: `{type, …}` with the name of its factory, and its arguments by name.
 *
 * A hyperparameter is a number or the config of a schedule, `{type: 'cosineDecaySchedule', initValue: 1, decaySteps:
 * 100}` or `{type: 'keras', class_name, config}`. A mask is true, false, a tree of them, or `{include, exclude,
 * negate}` (see `matching`). Links are `{type: 'chain', links: […]}` and `{type: 'namedChain', links: [{name, link},
 * …]}`.
 *
 * Left has every fault, a line each: `links.2.b1: expected a number in [0, 1), got 1.2`. An unknown key is a fault.
 * Options that do not fit together, such as more warmup than steps, are found once each of them is right.
 *
 * It also reads configs that tfjs has changed while loading a model; see `configOf`.
 *
 * @example
 * import { either as E } from 'fp-ts'
 * import { transformFromConfig } from 'tfjs-optax/config'
 * const learningRate = { type: 'cosineDecaySchedule', initValue: 1e-3, decaySteps: 1.5 }
 * const read = transformFromConfig({ type: 'adamw', learningRate, b1: 2 })
 * const faults = E.isLeft(read) ? read.left.faults : []
 * // faults is ['learningRate.decaySteps: expected a whole number above 0, got 1.5', 'b1: expected a number in [0, 1), got 2']
 */
export const transformFromConfig = /* @__PURE__ */ checked(
  { who: 'transformFromConfig', takes: ['json'] },
  (json: unknown): E.Either<ConfigError, GradientTransformation> => own.transformFromConfig(json),
)

/**
 * A transformation as JSON. `transformFromConfig` makes from it a transformation with bit-equal updates, which works
 * with the same states. A recipe is written as its chain, with all options, defaults included.
 *
 * Left has every fault: what cannot be written, where, and what to do. These are functions as masks, schedules or `how`
 * of `aggregate`, a plain `{init, update}`, and custom rules that no registered factory made.
 *
 * The config survives tfjs, which removes underscores from all keys and strings when it loads a model, except from a
 * string under the key `name`: a pattern with an underscore is written as `{name: 'layer_norm'}`, a mask tree as
 * `{name: <its JSON>}`, a config of a registered factory as `{type: 'json', name: <its JSON>}`. `-0`, which
 * JSON.stringify would write as 0, is `'-0'`; NaN and infinities are not valid hyperparameters.
 *
 * @example
 * import { either as E } from 'fp-ts'
 * import { adamw, matching } from 'tfjs-optax'
 * import { configOf, transformFromConfig } from 'tfjs-optax/config'
 * const tx = adamw(1e-3, { weightDecay: 0.01, mask: matching({ exclude: ['layer_norm', 'bias'] }) })
 * const json = JSON.stringify(E.toUnion(configOf(tx)))
 * const again = transformFromConfig(JSON.parse(json))
 * // again._tag is 'Right'
 */
export const configOf = /* @__PURE__ */ checked(
  { who: 'configOf', takes: ['tx'] },
  (tx: FirstLink): E.Either<ConfigError, Config> => writeConfig('configOf', programOf('configOf', 'tx', tx)),
)

/**
 * Registers a custom factory for `transformFromConfig` and `configOf`. Use the factory that it returns: its
 * transformations carry their options, so they can be written. The name is the config's `type`.
 *
 * `codec` is an io-ts codec of the options; `codecs` has some for hyperparameters, schedules, masks and inner
 * transformations. Unknown keys are faults if it is made of `t.type`, `t.partial` and their intersections; any other
 * codec must check for them itself. `make` may return any link, a plain `{init, update}` too.
 *
 * @throws TypeError if the name is taken or not a string, or if the codec has an option `type`.
 * @example
 * import * as t from 'io-ts'
 * import { chain, clipByGlobalNorm, scale } from 'tfjs-optax'
 * import { codecs, configOf, registerTransform } from 'tfjs-optax/config'
 * const options = t.type({ rate: codecs.hyper, norm: t.number })
 * const clipped = registerTransform('clipped', options, ({ rate, norm }) => chain(clipByGlobalNorm(norm), scale(rate)))
 * const config = configOf(clipped({ rate: -0.1, norm: 1 }))
 * // 'right' in config is true
 */
export const registerTransform = /* @__PURE__ */ checked(
  { who: 'registerTransform', takes: ['name', 'codec', 'make'] },
  <A, O, T extends FirstLink>(
    name: string,
    codec: t.Type<A, O>,
    make: (options: A) => T,
  ): ((options: A) => GradientTransformation<MadeState<T>>) => own.registerTransform(name, codec, make),
)

/**
 * Codecs for the options of `registerTransform`: `hyper`, `schedule`, `mask`, `transform`.
 *
 * @example
 * import { either as E } from 'fp-ts'
 * import { codecs } from 'tfjs-optax/config'
 * const isRight = E.isRight(codecs.schedule.decode({ type: 'constantSchedule', value: 0.1 }))
 * // isRight is true
 */
export const codecs: Codecs = own.codecs
