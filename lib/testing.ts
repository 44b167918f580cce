/** The laws of transformations, for tests of one's own: `import { lawsOf } from 'tfjs-optax/testing'`. */
import './backends/fused/trial.js'
import './backends/kernels.js'
import './complete.js'

export type { Make, SampleNumbers, Sample, Samples } from './testing/law.js'
export { lawsOf, type Law, type LawName, type LawOptions } from './testing/lawsOf.js'
