/** Reading and writing put together over one registry of factories. */
import { either as E, function as F } from 'fp-ts'
import type * as t from 'io-ts'
import { made } from '../chain.js'
import { badArgument, takenName, type ConfigError } from '../errors.js'
import type { Hyper, Schedule } from '../rule/hyper.js'
import { programOf, type FirstLink, type GradientTransformation, type StateIn, type StateOf } from '../transform.js'
import type { Mask } from '../tree/mask.js'
import { configError, unreadable } from './faults.js'
import { toJson, type Config } from './json.js'
import { keysOf, kind, tagged, textType, type Codec, type Kind } from './kind.js'
import { mask } from './masks.js'
import { programs } from './program.js'
import { schedules, type OtherSchedules } from './schedules.js'
import { transforms } from './transforms.js'
import { anyHyper } from './values.js'

/** The state of what a factory made. */
export interface MadeState<T> extends StateOf {
  readonly State: StateIn<T, this['Params']>
}

/** Codecs for the options of transformations of one's own. */
export interface Codecs {
  readonly hyper: Codec<Hyper>
  readonly schedule: Codec<Schedule>
  readonly mask: Codec<Mask>
  readonly transform: Codec<GradientTransformation>
}

export interface Configs {
  readonly transformFromConfig: (json: unknown) => E.Either<ConfigError, GradientTransformation>
  readonly configOf: (tx: FirstLink) => E.Either<ConfigError, Config>
  readonly registerTransform: <A, O, T extends FirstLink>(
    name: string,
    codec: t.Type<A, O>,
    make: (options: A) => T,
  ) => (options: A) => GradientTransformation<MadeState<T>>
  readonly codecs: Codecs
}

const isTransformation = (u: unknown): u is GradientTransformation =>
  typeof u === 'object' && u !== null && 'init' in u && 'update' in u

/** A registry with the factories of this package, and schedules of others. */
export const configs = (others: readonly OtherSchedules[]): Configs => {
  const kinds = new Map<string, Kind<GradientTransformation>>()
  const schedule = schedules(others)
  const transform: Codec<GradientTransformation> = tagged<GradientTransformation>({
    name: 'a transformation {type, …}',
    kinds,
    is: isTransformation,
    encode: tx => write(programOf('configOf', 'tx', tx)),
  })
  const write = programs({ kinds, schedule, decode: json => transform.decode(json) })
  Object.entries(transforms(transform, schedule)).forEach(([type, one]) => kinds.set(type, one))
  const own = new Set([...kinds.keys(), textType])

  return {
    transformFromConfig: json =>
      F.pipe(
        transform.decode(json),
        E.mapLeft(errors => unreadable('transformFromConfig', errors)),
      ),
    configOf: tx =>
      F.pipe(
        toJson(write(programOf('configOf', 'tx', tx))),
        E.bimap(
          faults => configError('configOf', faults),
          json => json as Config,
        ),
      ),
    registerTransform: (name, codec, make) => {
      const who = 'registerTransform'
      const given = { name, codec, make } as Readonly<Record<string, unknown>>
      if (typeof name !== 'string' || name === '') throw badArgument(who, 'name', 'a non-empty string', given['name'])
      if (own.has(name)) throw takenName(who, name, 'tfjs-optax')
      if (kinds.has(name)) throw takenName(who, name, 'an earlier registration')
      if (typeof (codec as Partial<typeof codec> | undefined)?.validate !== 'function')
        throw badArgument(who, 'codec', 'a codec of io-ts', given['codec'])
      if (keysOf(codec)?.includes('type') === true)
        throw badArgument(who, 'codec', 'one without the key type, which says whose options they are', codec.name)
      if (typeof make !== 'function') throw badArgument(who, 'make', 'a function', given['make'])
      const factory = (options: Parameters<typeof make>[0]) =>
        made({ ...programOf(name, 'what make returned', make(options)), madeBy: { type: name, options } })
      kinds.set(name, kind(codec, factory))
      return factory
    },
    codecs: { hyper: anyHyper(schedule), schedule, mask, transform },
  }
}
