/** The transformations and recipes of this package as configs, with the names of their arguments; one family a file. */
import type { Schedule } from '../rule/hyper.js'
import type { GradientTransformation } from '../transform.js'
import type { Codec } from './kind.js'
import { adaptiveKinds } from './kinds/adaptive.js'
import { adaptiveOptimizerKinds } from './kinds/adaptiveOptimizers.js'
import { estimatingKinds } from './kinds/estimating.js'
import { estimatingOptimizerKinds } from './kinds/estimatingOptimizers.js'
import { kerasKinds } from './kinds/keras.js'
import { muonKinds } from './kinds/muon.js'
import { nestKinds } from './kinds/nests.js'
import { normOptimizerKinds } from './kinds/normOptimizers.js'
import { normKinds } from './kinds/norms.js'
import { optimizerKinds } from './kinds/optimizers.js'
import { sophiaKinds } from './kinds/sophia.js'
import { transformKinds } from './kinds/transforms.js'
import { partsOf, type TransformKinds } from './parts.js'

/** One entry for each factory. */
export const transforms = (transform: Codec<GradientTransformation>, schedule: Codec<Schedule>): TransformKinds => {
  const parts = partsOf(transform, schedule)
  return {
    ...nestKinds(parts),
    ...transformKinds(parts),
    ...adaptiveKinds(parts),
    ...kerasKinds(parts),
    ...optimizerKinds(parts),
    ...adaptiveOptimizerKinds(parts),
    ...normKinds(parts),
    ...normOptimizerKinds(parts),
    ...muonKinds(parts),
    ...sophiaKinds(parts),
    ...estimatingKinds(parts),
    ...estimatingOptimizerKinds(parts),
  }
}
