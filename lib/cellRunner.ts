/** Everything that runs cells and extras; rules that have any bring it. */
import { onDevice } from './backends/fused/cells.js'
import { planning } from './plan/cells.js'
import { interpretation } from './program/cells.js'
import type { CellRunner } from './rule/rule.js'

export const cellRunner: CellRunner = { interpreted: interpretation, planned: planning, onDevice }
