/** Reads configs with a registry of factories: those of this package, and those that users register. */
import { either as E, function as F } from 'fp-ts'
import type * as t from 'io-ts'
import { made } from '../chain.js'
import { badArgument, saying, takenName, type ConfigError } from '../errors.js'
import type { Hyper, Schedule } from '../rule/hyper.js'
import { programOf, type FirstLink, type GradientTransformation, type StateIn, type StateOf } from '../transform.js'
import type { Mask } from '../tree/mask.js'
import { admit } from './admit.js'
import { configError, unreadable } from './faults.js'
import { Unwritable } from './json.js'
import { keysOf, kind, tagged, type Codec, type Kind } from './kind.js'
import { mask } from './masks.js'
import { registered } from './registered.js'
import { samePrograms } from './same.js'
import { schedules, type OtherSchedules } from './schedules.js'
import { transforms } from './transforms.js'
import { anyHyper } from './values.js'
import { textType } from './verbatim.js'
import { write } from './write.js'

/** The state of a transformation that a registered factory made. */
export interface MadeState<T> extends StateOf {
  readonly State: StateIn<T, this['Params']>
}

/** Codecs for the options of custom transformations. */
export interface Codecs {
  readonly hyper: Codec<Hyper>
  readonly schedule: Codec<Schedule>
  readonly mask: Codec<Mask>
  readonly transform: Codec<GradientTransformation>
}

export interface Configs {
  readonly transformFromConfig: (json: unknown) => E.Either<ConfigError, GradientTransformation>
  readonly registerTransform: <A, O, T extends FirstLink>(
    name: string,
    codec: t.Type<A, O>,
    make: (options: A) => T,
  ) => (options: A) => GradientTransformation<MadeState<T>>
  readonly codecs: Codecs
}

const isTransformation = (u: unknown): u is GradientTransformation =>
  typeof u === 'object' && u !== null && 'init' in u && 'update' in u

/** The options as a user's codec writes them; `Unwritable` if it cannot. */
const encoded = <A, O>(codec: t.Type<A, O>, options: unknown): unknown => {
  try {
    return codec.is(options) ? codec.encode(options) : new Unwritable(`its options are not ${codec.name}`)
  } catch (cause) {
    return new Unwritable(saying(cause))
  }
}

/** A registry with the factories of this package and `others`, schedules of upper layers. */
export const configs = (others: OtherSchedules): Configs => {
  const kinds = new Map<string, Kind<GradientTransformation>>()
  const schedule = schedules(others)
  const transform: Codec<GradientTransformation> = tagged<GradientTransformation>({
    name: 'a transformation {type, …}',
    kinds,
    is: isTransformation,
    encode: tx => write(programOf('configOf', 'tx', tx)),
  })
  Object.entries(transforms(transform, schedule)).forEach(([type, one]) => kinds.set(type, one))
  const own = new Set([...kinds.keys(), textType])

  return {
    transformFromConfig: json =>
      F.pipe(
        admit(json),
        E.mapLeft(faults => configError('transformFromConfig', faults)),
        E.flatMap(plain =>
          F.pipe(
            transform.decode(plain),
            E.mapLeft(errors => unreadable('transformFromConfig', errors)),
          ),
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
      registered.set(name, {
        encode: options => encoded(codec, options),
        makes: (json, program) => {
          const again = transform.decode(json)
          return E.isRight(again) && samePrograms(program, again.right.program)
        },
      })
      return factory
    },
    codecs: { hyper: anyHyper(schedule), schedule, mask, transform },
  }
}
