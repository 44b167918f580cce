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
 * The transformation that a config describes: `{type, …}` with the name of its factory, and its arguments by their names.
 *
 * A hyperparameter is a number or the config of a schedule, `{type: 'cosineDecaySchedule', initValue: 1, decaySteps: 100}`
 * or `{type: 'keras', class_name, config}`. A mask is true, false, a tree of them, or `{include, exclude, negate}` (see
 * `matching`). Links are `{type: 'chain', links: […]}` and `{type: 'namedChain', links: [{name, link}, …]}`.
 *
 * Left has every fault, a line each: `links.2.b1: expected a number in [0, 1), got 1.2`. An unknown key is one. What only
 * options together show, such as more warmup than steps, is found once each of them is right.
 *
 * It reads what tfjs makes of a config when it loads a model, too; see `configOf`.
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
 * A transformation as JSON that `transformFromConfig` reads: it then makes the same updates, to the bit, and takes the
 * same states. A recipe comes out as the chain that it is, with all options, those of their defaults too.
 *
 * Left has every fault: what cannot be written, where, and what to do. That is a function as mask, as schedule or to put
 * replicas together, a plain `{init, update}`, and a rule of one's own that no registered factory made.
 *
 * The config survives tfjs, which takes underscores out of all keys and strings when it loads a model, but for a string
 * under the key `name`: a pattern with one is `{name: 'layer_norm'}`, a tree as mask `{name: <its JSON>}`, a config of a
 * registered factory `{type: 'json', name: <its JSON>}`. `-0`, which JSON.stringify would write as 0, is `'-0'`; NaN and
 * infinities are no hyperparameters.
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
 * Makes a factory of one's own known to `transformFromConfig` and `configOf`. What it returns is the factory to use in
 * code: what that makes carries its options, and so can be written. The name is the config's `type`.
 *
 * `codec` is io-ts's, for the options: `codecs` has some for hyperparameters, schedules, masks and inner transformations.
 * Keys that it does not know are faults, where it is made of `t.type`, `t.partial` and their intersections; any other
 * codec must see to that by itself. `make` may return any link, a plain `{init, update}` too.
 *
 * @throws TypeError if the name is taken, is no string, or the codec has an option `type`.
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

/** Codecs for the options of `registerTransform`: `hyper`, `schedule`, `mask`, `transform`. */
export const codecs: Codecs = own.codecs
