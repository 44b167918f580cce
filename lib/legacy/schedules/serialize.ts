import { checked } from '../../call/checked.js'
import type { Names } from '../../call/signature.js'
import { badArgument } from '../../errors.js'
import { gardenModule, kerasModule } from './define.js'
import { isKerasSchedule, type ConfigValue, type KerasSchedule, type ScheduleData } from './keras.js'
import { isRecord } from '../../tree/structure.js'
import { kindsByName } from './registry.js'

/** JSON as `serializeSchedule` writes it. */
export type Json = number | string | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export interface SerializeOptions {
  /**
   * `legacy`, `{class_name, config}`, which every Keras 2 reads, is the default: of the other form Keras restores no
   * inner schedule. `module`, `{module, class_name, config, registered_name}`, is what Keras writes since 2.13.
   */
  readonly format?: 'legacy' | 'module'
}

const options: Names<SerializeOptions> = { format: '' }

const isData = (value: ConfigValue): value is ScheduleData => isRecord(value)

const write = ({ className, config }: ScheduleData, format: 'legacy' | 'module', inner: boolean): Json => {
  const written: Json = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, isData(value) ? write(value, format, true) : value]),
  )
  // Keras restores an inner schedule of this form only if it is marked so.
  if (format === 'legacy')
    return { class_name: className, config: written, ...(inner && { __passive_serialization__: true }) }
  const module = kindsByName.get(className)?.module ?? gardenModule
  const registered = module === kerasModule ? null : className
  return { module, class_name: className, config: written, registered_name: registered }
}

/**
 * A schedule as JSON that Keras reads, inner schedules included. `deserializeSchedule` gives the same schedule back.
 *
 * Besides what upstream writes it has the class of inner schedules and the offset of the WithOffset forms, without which
 * they cannot be restored. `strict` is not written: the config is the same, and Keras is strict.
 *
 * @throws TypeError if it is not a Keras schedule, for another format or an unknown option.
 * @source Keras `optimizers/schedules/learning_rate_schedule.py`, serialize.
 */
export const serializeSchedule = /* @__PURE__ */ checked(
  { who: 'serializeSchedule', takes: ['schedule'], options },
  (schedule: KerasSchedule, { format = 'legacy' }: SerializeOptions = {}): Json => {
    const who = 'serializeSchedule'
    if (!isKerasSchedule(schedule)) throw badArgument(who, 'schedule', 'a Keras schedule', schedule)
    if (!['legacy', 'module'].includes(format)) throw badArgument(who, 'format', "'legacy' or 'module'", format)
    return write(schedule, format, false)
  },
)
