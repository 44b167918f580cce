/** One moment of a race as immutable data, and the pure step from one to the next. */
import type * as tf from '@tensorflow/tfjs-core'
import { hutchinsonEstimatorDiagHessian, hyperparamsOf, makeStep, tidy, valueAndGrad } from '../../../lib/index.js'
import type { HyperNow } from '../../../lib/hyperparams.js'
import type { GradientTransformation } from '../../../lib/transform.js'
import { keep, keptByPath, normOf, restored, type KeptTree } from './kept.js'
import type { Params, Place, World } from './surface.js'

export interface Frame {
  /** how many steps were taken, from 0 */
  readonly step: number
  readonly params: KeptTree
  /** the state of the optimizer, which the next step reads */
  readonly state: KeptTree
  readonly gradient: KeptTree
  /** where it is in the plane that is drawn */
  readonly place: Place
  /** the loss without noise */
  readonly loss: number
  /** the loss that the optimizer saw */
  readonly seen: number
  readonly gradientNorm: number
  /** the distance from the frame before; 0 at the start */
  readonly moved: number
  /** the hyperparameters of the next step, by the path of their link */
  readonly hypers: Readonly<Record<string, HyperNow>>
}

/** Parameters and a state, as tensors. */
interface Moment {
  readonly params: Params
  readonly state: unknown
}

const numbersOf = (tree: KeptTree) => new Map(keptByPath(tree).map(([path, { values }]) => [path, values]))

/** How far two trees of parameters are apart. */
const distance = (from: KeptTree, to: KeptTree): number => {
  const before = numbersOf(from)
  const ofLeaf = (path: string, values: ArrayLike<number>): number =>
    Array.from(values).reduce((sum, x, i) => sum + (x - (before.get(path)?.[i] ?? NaN)) ** 2, 0)
  return Math.sqrt(keptByPath(to).reduce((sum, [path, { values }]) => sum + ofLeaf(path, values), 0))
}

/** The frame of the moment that `make` gives; no tensor is left, also where it throws. */
const frameOf = async (
  world: World,
  tx: GradientTransformation,
  step: number,
  before: KeptTree | null,
  make: () => Moment,
): Promise<Frame> => {
  const { hypers, ...tensors } = tidy(() => {
    const { params, state } = make()
    const [loss, gradient] = valueAndGrad(world.lossOf)(params, step)
    const clean: readonly tf.Tensor[] = world.trueLossOf === null ? [] : [world.trueLossOf(params)]
    return { params, state, loss, gradient, clean, hypers: hyperparamsOf(tx, state, params) }
  })
  const kept = (await keep(tensors)) as Readonly<Record<'params' | 'state' | 'gradient' | 'loss' | 'clean', KeptTree>>
  const { params, state, gradient } = kept
  const [seen = NaN] = Array.from(numbersOf({ loss: kept.loss }).get('loss') ?? [])
  const [clean = seen] = Array.from(numbersOf({ clean: kept.clean }).get('clean.0') ?? [])
  return {
    step,
    params,
    state,
    gradient,
    place: world.placeOf(numbersOf(params)),
    loss: clean,
    seen,
    gradientNorm: normOf(gradient),
    moved: before === null ? 0 : distance(before, params),
    hypers,
  }
}

/** The first frame of a race from a place. */
export const firstFrame = (world: World, tx: GradientTransformation, place: Place): Promise<Frame> =>
  frameOf(world, tx, 0, null, () => {
    const params = world.paramsAt(place)
    return { params, state: tx.init(params) }
  })

/** The frame from which another transformation goes on: with the state as it is, or with a new one. */
export const handedOver = async (
  world: World,
  tx: GradientTransformation,
  frame: Frame,
  fresh: boolean,
): Promise<Frame> => {
  const made = await frameOf(world, tx, frame.step, null, () => {
    const params = restored(frame.params) as Params
    return { params, state: fresh ? tx.init(params) : restored(frame.state) }
  })
  return { ...made, moved: frame.moved }
}

/** Every so many steps, links that read the curvature get it. */
const everyHessian = 10

/** The frame after one step. Nothing of `frame` is changed, so any number of futures may begin at it. */
export const nextFrame = (
  world: World,
  tx: GradientTransformation,
  frame: Frame,
  readsHessian = false,
): Promise<Frame> =>
  frameOf(world, tx, frame.step + 1, frame.params, () => {
    const params = restored(frame.params) as Params
    const hessianOf = hutchinsonEstimatorDiagHessian(world.lossOf, 0)
    const hessian =
      readsHessian && frame.step % everyHessian === 0 ? { hessian: hessianOf(params, frame.step, frame.step) } : {}
    const extra = { value: frame.seen, ...hessian }
    const [moved, state] = makeStep(tx)(
      params,
      restored(frame.gradient) as never,
      restored(frame.state) as never,
      extra,
    )
    return { params: moved, state }
  })

/** Whether every parameter is still a number. */
export const isFinite = (frame: Frame): boolean =>
  keptByPath(frame.params).every(([, { values }]) => Array.from(values).every(Number.isFinite))
