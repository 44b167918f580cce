import * as tf from '@tensorflow/tfjs'

/** The class that many projects have: tfjs's Adam, and the weights decay before its step. */
export class AdamW extends tf.AdamOptimizer {
  private readonly rate: number
  private readonly weightDecay: number
  private readonly exclude: readonly string[]

  constructor(rate: number, weightDecay: number, exclude: readonly string[]) {
    super(rate, 0.9, 0.999, 1e-8)
    this.rate = rate
    this.weightDecay = weightDecay
    this.exclude = exclude
  }

  override applyGradients(gradients: Parameters<tf.AdamOptimizer['applyGradients']>[0]): void {
    const names = Array.isArray(gradients) ? gradients.map(({ name }) => name) : Object.keys(gradients)
    tf.tidy(() => {
      for (const name of names) {
        const variable = tf.engine().registeredVariables[name]
        if (variable === undefined || this.exclude.some(part => name.includes(part))) continue
        variable.assign(tf.mul(variable, 1 - this.rate * this.weightDecay))
      }
    })
    super.applyGradients(gradients)
  }
}
