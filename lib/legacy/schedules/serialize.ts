import { checked } from '../../call/checked.js'
import type { Names } from '../../call/signature.js'
import { badArgument } from '../../errors.js'
import { gardenModule, kerasModule } from './define.js'
import type { Json } from '../../config/json.js'
import {
  isData,
  isKerasSchedule,
  writeKeras,
  type KerasSchedule,
  type ScheduleData,
} from '../../config/kerasSchedule.js'
import { kindsByName } from './registry.js'

/** Options of `serializeSchedule`. */
export interface SerializeOptions {
  /**
   * `legacy`, the default, is `{class_name, config}`, which every Keras 2 reads. `module` is `{module, class_name,
   * config, registered_name}`, which Keras writes since 2.13, but from which it restores no inner schedule.
   */
  readonly format?: 'legacy' | 'module'
}

const options: Names<SerializeOptions> = { format: '' }

/** `{module, class_name, config, registered_name}`, inner schedules too. */
const writeModule = (data: ScheduleData): Json => {
  const written = Object.entries(data.config).map(([key, value]) => [key, isData(value) ? writeModule(value) : value])
  const module = kindsByName.get(data.className)?.module ?? gardenModule
  const registered = module === kerasModule ? null : data.className
  return {
    module,
    class_name: data.className,
    config: Object.fromEntries(written) as Json,
    registered_name: registered,
  }
}

/**
 * A schedule as JSON that Keras reads, inner schedules included. `deserializeSchedule` gives the same schedule back.
 *
 * Unlike upstream, it writes the class of inner schedules and the offset of the WithOffset forms, without which they
 * cannot be restored. `strict` is not written: the config is the same, and Keras is strict.
 *
 * JavaScript writes 1 where Python writes 1.0, and Keras turns ints into int32: an initial rate of 0 or 1 fails in all
 * of its schedules except PiecewiseConstantDecay, and a learning rate of 1 that is set to 0.5 later becomes 0. So read
 * this JSON, and that of `getConfig()`, with `json.loads(text, parse_int=float)` in Python: Keras accepts floats for
 * steps and boundaries.
 *
 * @throws TypeError if it is not a Keras schedule, for another format or an unknown option.
 * @source Keras `optimizers/schedules/learning_rate_schedule.py`, serialize.
 * @example
 * import { kerasPolynomialDecay, serializeSchedule } from 'tfjs-optax/legacy'
 * const written = serializeSchedule(kerasPolynomialDecay({ initialLearningRate: 0.1, decaySteps: 100 }))
 * JSON.stringify(written).includes('PolynomialDecay') // true
 */
export const serializeSchedule = /* @__PURE__ */ checked(
  { who: 'serializeSchedule', takes: ['schedule'], options },
  (schedule: KerasSchedule, { format = 'legacy' }: SerializeOptions = {}): Json => {
    const who = 'serializeSchedule'
    if (!isKerasSchedule(schedule)) throw badArgument(who, 'schedule', 'a Keras schedule', schedule)
    if (!['legacy', 'module'].includes(format)) throw badArgument(who, 'format', "'legacy' or 'module'", format)
    return format === 'legacy' ? writeKeras(schedule) : writeModule(schedule)
  },
)
