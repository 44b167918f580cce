/** AdamWeightDecay by hand: plain arrays, each operation rounded to float32, state by variable. */
import type { AdamWeightDecaySettings } from '../../lib/legacy.js'

const { fround, hypot, max, min, pow, sqrt } = Math

interface Slots {
  readonly m: number[]
  readonly v: number[]
  readonly vhat: number[]
}
export type Arrays = Readonly<Record<string, readonly number[]>>
type Options = Omit<Partial<AdamWeightDecaySettings>, 'learningRate'> & { readonly learningRate: number }

const norm = (all: Arrays): number => hypot(...Object.values(all).flat())
const scaled = (all: Arrays, c: number, n: number): Arrays =>
  Object.fromEntries(Object.entries(all).map(([name, g]) => [name, g.map(x => fround((x * c) / max(n, c)))]))

export class Reference {
  readonly slots: Record<string, Slots> = {}
  readonly values: Record<string, number[]> = {}
  iterations = 0

  constructor(values: Arrays) {
    for (const [name, value] of Object.entries(values)) this.add(name, value)
  }

  add(name: string, value: readonly number[]): void {
    const zeros = (): number[] => value.map(() => 0)
    this.values[name] = value.map(fround)
    this.slots[name] = { m: zeros(), v: zeros(), vhat: zeros() }
  }

  clipped(given: Arrays, { gradientClipNorm = 1, clipvalue, clipnorm, globalClipnorm }: Options): Arrays {
    let all = gradientClipNorm > 0 ? scaled(given, gradientClipNorm, norm(given)) : given
    if (clipvalue != null)
      all = Object.fromEntries(
        Object.entries(all).map(([name, g]) => [name, g.map(x => max(-clipvalue, min(clipvalue, x)))]),
      )
    if (clipnorm != null)
      all = Object.fromEntries(
        Object.entries(all).flatMap(([name, g]) => Object.entries(scaled({ [name]: g }, clipnorm, hypot(...g)))),
      )
    return globalClipnorm != null ? scaled(all, globalClipnorm, norm(all)) : all
  }

  step(given: Arrays, options: Options): void {
    const { learningRate, weightDecayRate = 0, epsilon = 1e-7, amsgrad = false } = options
    const t = ++this.iterations
    const [b1, b2, lr, eps] = [fround(0.9), fround(0.999), fround(learningRate), fround(epsilon)]
    const root = fround(sqrt(fround(1 - fround(pow(b2, t)))))
    const alpha = fround(fround(lr * root) / fround(1 - fround(pow(b1, t))))
    for (const [name, gradient] of Object.entries(this.clipped(given, options))) {
      const [p, { m, v, vhat }] = [this.values[name]!, this.slots[name]!]
      gradient.forEach((g, i) => {
        if (weightDecayRate > 0) p[i] = fround(p[i]! - fround(fround(lr * p[i]!) * fround(weightDecayRate)))
        m[i] = fround(m[i]! + fround(fround(g - m[i]!) * fround(1 - b1)))
        v[i] = fround(v[i]! + fround(fround(fround(g * g) - v[i]!) * fround(1 - b2)))
        if (amsgrad) vhat[i] = max(vhat[i]!, v[i])
        const d = amsgrad ? vhat[i]! : v[i]
        p[i] = fround(p[i]! - fround(fround(m[i] * alpha) / fround(fround(sqrt(d)) + eps)))
      })
    }
  }
}
