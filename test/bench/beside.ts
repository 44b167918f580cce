/**
 * What a feature costs beside the same step without it, in one process and in turns: rates by path, gathered gradients,
 * and a rate that is set at every step.
 */
import { execFileSync } from 'node:child_process'
import * as tf from '@tensorflow/tfjs-core'
import {
  adamw,
  asOptimizer,
  byPath,
  disposeTree,
  makeStep,
  multiSteps,
  setHyper,
  type GradientTransformation,
} from '../../lib/index.js'
import { AdamWeightDecay } from '../../lib/legacy.js'
import { add, elementwise } from '../../lib/rule.js'
import type { Device } from './devices.js'
import { median, race, type Contestant } from './race.js'

type Shapes = Readonly<Record<string, readonly number[]>>
type Tensors = Readonly<Record<string, tf.Tensor>>

const random = (shapes: Shapes, seed: number): Tensors =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [name, tf.randomNormal([...shape], 0, 1, 'float32', seed + i)]),
  )

const layers = 24

/** Two leaves a layer, with matrices of this many rows and columns. */
const deep = (width: number): Shapes =>
  Object.fromEntries(
    Array.from({ length: layers }, (_, layer): readonly (readonly [string, readonly number[]])[] => [
      [`layer_${layer}.kernel`, [width, width]],
      [`layer_${layer}.bias`, [width]],
    ]).flat(),
  )
const million: Shapes = { kernel: [1_000_000] }
const sixty: Shapes = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`leaf_${i}`, [10]]))
const eight: Shapes = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`leaf_${i}`, [1 + i]]))

const plain = (): GradientTransformation => adamw(1e-3, { weightDecay: 1e-2 })

/** Each layer has a tenth less than the next one. */
const byLayer = (): GradientTransformation =>
  adamw(
    byPath(path => 1e-3 * 0.9 ** (layers - 1 - Number(/layer_(\d+)/.exec(path)?.[1] ?? layers - 1))),
    { weightDecay: 1e-2 },
  )

/** The least that gathers: `acc = acc + u`, and parameters that stay, a rule of the library's own language. */
const sum = elementwise({ name: 'sum', slots: { acc: 0 }, step: ({ u, acc }) => ({ u: -0, acc: add(acc, u) }) })

/** A rate that is another one at every step. */
const rates = (): (() => number) => {
  let k = 0
  return () => 1e-3 / (1 + (k++ % 100))
}

interface Stepper {
  readonly step: (tx?: GradientTransformation) => void
  readonly end: () => void
}

/** Donated steps on parameters of its own; a step may be given another transformation with the same state. */
const donated = (tx: GradientTransformation, shapes: Shapes): Stepper => {
  const gradients = random(shapes, 1)
  let params = random(shapes, 100)
  let state = tx.init(params)
  const usual = makeStep(tx, { donate: true })
  return {
    step: other => {
      const step = other === undefined ? usual : makeStep(other, { donate: true })
      ;[params, state] = step(params, gradients, state)
    },
    end: () => disposeTree([gradients, params, state]),
  }
}

interface RatedOptimizer extends tf.Optimizer {
  learningRate: unknown
}

/** Steps of a `tf.Optimizer` on Variables; `before` is done before each. */
const stateful = <T extends tf.Optimizer>(optimizer: T, shapes: Shapes, before: (optimizer: T) => void): Stepper => {
  const variables = Object.values(random(shapes, 100)).map(value => tf.variable(value))
  const gradients = Object.values(random(shapes, 1))
  const named = variables.map(({ name }, i) => ({ name, tensor: gradients[i] ?? tf.scalar(0) }))
  return {
    step: () => {
      before(optimizer)
      optimizer.applyGradients(named)
    },
    end: () => {
      disposeTree([variables, gradients])
      optimizer.dispose()
    },
  }
}

const contestant = (name: string, device: Device, { step, end }: Stepper): Contestant => ({
  name,
  steps: device.timed(() => {
    step()
  }),
  end,
})

const gatherings = 4

type Part = 'gathering' | 'updating'

/**
 * Whole rounds of steps that only gather and one that updates, of which one part is timed. A round has both, so that the
 * cache holds as little for one contestant as for the other.
 */
const gathering = (
  device: Device,
  gather: () => void,
  update: () => void,
  part: Part,
  end: () => void,
): Contestant => ({
  name: part,
  steps: async rounds => {
    let ms = 0
    for (let round = 0; round < rounds; round++) {
      const first = await device.timed(gather)(gatherings - 1)
      const last = await device.timed(update)(1)
      ms += part === 'gathering' ? first : last
    }
    return ms / rounds
  },
  end,
})

/** A feature and the same step without it, of which the first may take at most `most` times as long. */
interface Pair {
  readonly work: string
  readonly against: string
  readonly most: number
  readonly with: (device: Device) => Contestant
  readonly without: (device: Device) => Contestant
}

const ofGathering = (size: string, shapes: Shapes): readonly Pair[] => {
  const gathered = (part: Part) => (device: Device) => {
    const { step, end } = donated(multiSteps(plain(), gatherings), shapes)
    return gathering(device, step, step, part, end)
  }
  const summed = (part: Part) => (device: Device) => {
    const [summing, updating] = [donated(sum, shapes), donated(plain(), shapes)]
    const both = (): void => {
      summing.step()
      updating.step()
    }
    const end = (): void => {
      summing.end()
      updating.end()
    }
    return gathering(device, summing.step, both, part, end)
  }
  return [
    {
      work: `a gathering step of multiSteps(adamw, ${gatherings}), ${size}`,
      against: 'a rule acc = acc + u',
      most: 1.2,
      with: gathered('gathering'),
      without: summed('gathering'),
    },
    {
      work: `its ${gatherings}th step, ${size}`,
      against: 'adamw and that rule',
      most: 1.2,
      with: gathered('updating'),
      without: summed('updating'),
    },
  ]
}

/** Eight small variables, so that the host's part of a step shows. */
const ofRates = (name: string, make: () => RatedOptimizer): Pair => ({
  work: `${name} with a rate set at each step, 8 small variables`,
  against: 'a constant rate',
  most: 1.1,
  with: device => {
    const next = rates()
    return contestant(
      'with',
      device,
      stateful(make(), eight, optimizer => (optimizer.learningRate = next())),
    )
  },
  without: device =>
    contestant(
      'without',
      device,
      stateful(make(), eight, () => undefined),
    ),
})

const pure = (name: string, make: (next: () => number) => Stepper): Pair => ({
  work: `makeStep with ${name} at each step, 8 small leaves`,
  against: 'a constant rate',
  most: 1.1,
  with: device => contestant('with', device, make(rates())),
  without: device => contestant('without', device, donated(plain(), eight)),
})

/** The rate is a function, which reads what is set. */
const read = (next: () => number): Stepper => {
  let rate = 0
  const { step, end } = donated(
    adamw(() => rate, { weightDecay: 1e-2 }),
    eight,
  )
  return {
    step: () => {
      rate = next()
      step()
    },
    end,
  }
}

/** Every step has a transformation of its own. */
const changed = (next: () => number): Stepper => {
  const tx = plain()
  const { step, end } = donated(tx, eight)
  return {
    step: () => {
      step(setHyper(tx, { learningRate: next() }))
    },
    end,
  }
}

const ofLayers = (width: number): Pair => ({
  work: `adamw with rates by path, ${layers} layers of ${width} x ${width}`,
  against: 'adamw',
  most: 1.15,
  with: device => contestant('with', device, donated(byLayer(), deep(width))),
  without: device => contestant('without', device, donated(plain(), deep(width))),
})

const pairs: readonly Pair[] = [
  ofLayers(3),
  ofLayers(64),
  ...ofGathering('1M', million),
  ...ofGathering('60x10', sixty),
  ofRates('asOptimizer(adamw)', () => asOptimizer(plain())),
  ofRates('AdamWeightDecay', () => new AdamWeightDecay({ learningRate: 1e-3, weightDecayRate: 1e-2 })),
  pure('a rate of its own, which a function reads,', read),
  pure('setHyper', changed),
]

/** A feature beside the step without it. */
export interface Beside {
  readonly backend: string
  readonly work: string
  readonly against: string
  readonly most: number
  readonly ratio: number
  /** milliseconds of a step with the feature */
  readonly ms: number
}

const pairOf = async (pair: Pair, device: Device, rounds: number, turn: number): Promise<Beside> => {
  const [ours, rival] = [pair.with(device), pair.without(device)]
  const [own = [], other = []] = (await race([ours, rival], rounds, turn)).map(times => times.rounds)
  ours.end()
  rival.end()
  const { work, against, most } = pair
  const ratio = median(own.map((ms, i) => ms / (other[i] ?? NaN)))
  return { backend: device.name, work, against, most, ratio, ms: median(own) }
}

/** What a process prints that is asked `beside NAME`: milliseconds of the first step, with the making of the rule. */
export const answerBeside = (asked: string): string => {
  const shapes = deep(64)
  const [params, gradients] = [random(shapes, 100), random(shapes, 1)]
  const start = performance.now()
  const tx = asked.endsWith('plain') ? plain() : byLayer()
  makeStep(tx, { donate: true })(params, gradients, tx.init(params))
  return JSON.stringify(performance.now() - start)
}

const ask = (name: string, device: Device): number => {
  const args = [...process.execArgv, process.argv[1] ?? '', '--ask', `beside ${name}`, '--backend', device.name]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as number
}

/** The first step with rates by path beside one without, each in a process of its own, in turns. */
const firstOf = (device: Device, processes: number): Beside => {
  const times = Array.from({ length: processes }, () => [ask('layers', device), ask('plain', device)] as const)
  return {
    backend: device.name,
    work: `the first step of adamw with rates by path, ${layers} layers of 64 x 64, a process each`,
    against: 'adamw',
    most: 1.15,
    ratio: median(times.map(([ours, rival]) => ours / rival)),
    ms: median(times.map(([ours]) => ours)),
  }
}

export const besides = async (
  device: Device,
  rounds: number,
  turn: number,
  processes: number,
): Promise<readonly Beside[]> => {
  const all: Beside[] = []
  for (const pair of pairs) all.push(await pairOf(pair, device, rounds, turn))
  return device.onHost ? [...all, firstOf(device, processes)] : all
}
