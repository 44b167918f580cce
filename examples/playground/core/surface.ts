/** What a race runs on: a loss of some parameters, seen as a landscape over a plane. */
import type * as tf from '@tensorflow/tfjs-core'

/** A point of the plane that is drawn. */
export type Place = readonly [x: number, y: number]

/** The numbers of a tree of tensors by path. */
export type ByPathNumbers = ReadonlyMap<string, ArrayLike<number>>

/** Parameters of a race: a tree of tensors of any shape. */
export interface Params {
  readonly [name: string]: tf.Tensor | Params
}

/** The landscape of one surface and one seed. Functions that return tensors leave them to the caller. */
export interface World {
  /** the parameters at a place */
  readonly paramsAt: (place: Place) => Params
  /** where parameters are seen */
  readonly placeOf: (params: ByPathNumbers) => Place
  /** the loss that the optimizer sees at a step; all ops have gradients */
  readonly lossOf: (params: Params, step: number) => tf.Scalar
  /** the loss without noise; null if there is none */
  readonly trueLossOf: ((params: Params) => tf.Scalar) | null
  /** the loss without noise at every point of a grid, row by row */
  readonly heights: (xs: readonly number[], ys: readonly number[]) => Promise<Float32Array>
  /** a classifier's data and what it says; null for landscapes that are functions of two numbers */
  readonly classifier: Classifier | null
}

/** Points of a plane with their classes, and a network that tells these apart. */
export interface Classifier {
  readonly points: readonly { readonly x: number; readonly y: number; readonly label: number }[]
  readonly domain: Domain
  /** what the network says at every point of a grid, row by row: above 0 for the class 1 */
  readonly says: (params: Params, xs: readonly number[], ys: readonly number[]) => Promise<Float32Array>
}

export interface Domain {
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
}

export interface Surface {
  readonly id: string
  readonly title: string
  /** what is hard about it, in a sentence */
  readonly about: string
  readonly domain: Domain
  readonly start: Place
  readonly minima: readonly Place[]
  /** makes the landscape on tfjs's current backend */
  readonly make: (seed: number) => World
}

/** `n` numbers from one end to the other. */
export const spaced = ([from, to]: readonly [number, number], n: number): readonly number[] =>
  Array.from({ length: n }, (_, i) => from + ((to - from) * i) / (n - 1))

/** The numbers of a tensor, which belong to the caller; the tensor is disposed. */
export const taken = async (tensor: tf.Tensor): Promise<Float32Array> => {
  try {
    return Float32Array.from(await tensor.data())
  } finally {
    tensor.dispose()
  }
}
