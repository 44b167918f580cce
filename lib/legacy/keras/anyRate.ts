/** Rates of any kind with `strict`: TensorFlow computes with NaN and infinities, which links refuse. */
import { withHyper } from '../../program/fold.js'
import { anyNumber, type Hyper } from '../../rule/hyper.js'
import { fromProgram, type GradientTransformation } from '../../transform.js'
import type { BaseSettings } from './settings.js'

type CoreOf<S, N extends null> = (settings: S, rate: Hyper, given: S) => GradientTransformation | N

const isNumber = (x: unknown): boolean => typeof x === 'number' && Number.isFinite(Math.fround(x))

/**
 * The same core, which with `strict` takes any rate: links check theirs, so they are made for usual numbers, in place of
 * which the rates meant are set without a range.
 */
export const forAnyRate =
  <S extends BaseSettings, N extends null = never>(core: CoreOf<S, N>): CoreOf<S, N> =>
  (settings, rate, given) => {
    if (!settings.strict) return core(settings, rate, given)
    const { weightDecayRate: decay } = settings as { readonly weightDecayRate?: Hyper }
    const isUsual = decay === undefined || isNumber(decay)
    const made = core(isUsual ? settings : { ...settings, weightDecayRate: 1 }, 0, given)
    const changes = { learningRate: anyNumber(rate), ...(isUsual ? {} : { weightDecay: anyNumber(decay) }) }
    return made === null ? made : fromProgram(withHyper(made.program, changes))
  }
