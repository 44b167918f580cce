/** The codecs that the kinds of transformations have in common. */
import { decayRate, finite, nonNegative, positive, type Hyper, type HyperSpec, type Schedule } from '../rule/hyper.js'
import type { GradientTransformation } from '../transform.js'
import { kind, options, type Codec, type Kind } from './kind.js'
import { hyper } from './values.js'

export type TransformKind = Kind<GradientTransformation>

/** One entry for each factory of a family. */
export type TransformKinds = Readonly<Record<string, TransformKind>>

export interface Parts {
  readonly transform: Codec<GradientTransformation>
  readonly schedule: Codec<Schedule>
  /** the codec of a hyperparameter with another range than those of `h` */
  readonly of: (range: (value: Hyper) => HyperSpec) => Codec<Hyper>
  /** hyperparameters by their ranges */
  readonly h: Readonly<Record<'finite' | 'positive' | 'nonNegative' | 'decayRate', Codec<Hyper>>>
  /** a factory with a single hyperparameter */
  readonly one: (key: string, codec: Codec<Hyper>, make: (value: Hyper) => GradientTransformation) => TransformKind
}

export const partsOf = (transform: Codec<GradientTransformation>, schedule: Codec<Schedule>): Parts => {
  const of = hyper(schedule)
  return {
    transform,
    schedule,
    of,
    h: { finite: of(finite), positive: of(positive), nonNegative: of(nonNegative), decayRate: of(decayRate) },
    one: (key, codec, make) => kind(options({ [key]: codec }, {}), given => make(given[key] ?? NaN)),
  }
}

/** The required option of recipes. */
export const rateOf = ({ h }: Parts) => ({ learningRate: h.finite })

/** The options that Adam and its relatives share. */
export const momentsOf = ({ h }: Parts) => ({ b1: h.decayRate, b2: h.decayRate, eps: h.positive })
export const adamOptionsOf = (parts: Parts) => ({ ...momentsOf(parts), epsRoot: parts.h.nonNegative })
