import type { Hyper } from '../../rule/hyper.js'
import { KerasOptimizer } from './kerasOptimizer.js'
import type { BaseSettings } from './settings.js'

export interface AdamLikeSettings extends BaseSettings {
  readonly beta1: Hyper
  readonly beta2: Hyper
  readonly epsilon: number
}

/** What Adam and its relatives have as properties. */
export abstract class AdamLike<S extends AdamLikeSettings> extends KerasOptimizer<S> {
  get beta1(): Hyper {
    return this.read('beta1')
  }
  set beta1(beta: Hyper) {
    this.set('beta1', beta)
  }
  get beta2(): Hyper {
    return this.read('beta2')
  }
  set beta2(beta: Hyper) {
    this.set('beta2', beta)
  }
  get epsilon(): number {
    return this.settings.epsilon
  }
  set epsilon(epsilon: number) {
    this.set('epsilon', epsilon)
  }
}
