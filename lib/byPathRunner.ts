/** Everything that runs hyperparameters by path; values by path bring it. */
import { scalarsByLeaf } from './backends/fused/byLeaf.js'
import { byPathParts } from './rule/leafScalars.js'
import type { ByPathRunner } from './rule/rule.js'

export const byPathRunner: ByPathRunner = { ...byPathParts, onDevice: scalarsByLeaf }
