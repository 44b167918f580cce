/** The sizes that are timed: shapes of leaves. */

export interface Size {
  readonly name: string
  readonly shapes: readonly (readonly number[])[]
}

const dense = (from: number, to: number): readonly (readonly number[])[] => [[from, to], [to]]
const norm = (size: number): readonly (readonly number[])[] => [[size], [size]]

/** BERT-small: 4 layers, hidden 512, vocabulary 30522, intermediate 2048. */
const bertSmall = (): readonly (readonly number[])[] => {
  const hidden = 512
  const layer = [
    ...Array.from({ length: 4 }, () => dense(hidden, hidden)).flat(),
    ...norm(hidden),
    ...dense(hidden, 2048),
    ...dense(2048, hidden),
    ...norm(hidden),
  ]
  return [
    [30522, hidden],
    [512, hidden],
    [2, hidden],
    ...norm(hidden),
    ...Array.from({ length: 4 }, () => layer).flat(),
    ...dense(hidden, hidden),
  ]
}

export const sizes: readonly Size[] = [
  { name: '60x10', shapes: Array.from({ length: 60 }, () => [10]) },
  { name: '1M', shapes: [[1_000_000]] },
  { name: '1kx1k', shapes: [[1000, 1000]] },
  { name: '10M', shapes: [[10_000_000]] },
  { name: 'bert-small', shapes: bertSmall() },
]

/** For `--quick`: whether everything runs, no more. */
export const quickSizes: readonly Size[] = [
  { name: '60x10', shapes: Array.from({ length: 60 }, () => [10]) },
  { name: 'tiny', shapes: [[1003]] },
]

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
export const paramsOf = ({ shapes }: Size): number => shapes.reduce((sum, shape) => sum + sizeOf(shape), 0)
