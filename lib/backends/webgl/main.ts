/**
 * The `main` functions of generated shaders: which texel a thread writes, what it reads, and how windows of texels are
 * reduced.
 */
import { indent } from '../formulas.js'

/** The number of texels that one thread reduces. */
export const window = 64

/** Functions of all shaders. Texels are numbered row by row; the textures of one leaf may differ in width. */
const texelCode = [
  'vec4 texel(sampler2D x, int i) {',
  '  int width = textureSize(x, 0).x;',
  '  return texelFetch(x, ivec2(i % width, i / width), 0);',
  '}',
  'int texel_here() {',
  '  ivec2 at = ivec2(gl_FragCoord.xy);',
  '  return at.y * ((outTexShape[1] + 1) / 2) + at.x;',
  '}',
]
/** Combines two elements, or two partial results. */
const joinCode = {
  sum: ['float join(float a, float b) { return a + b; }'],
  max: [
    '// NaN wins.',
    'float join(float a, float b) {',
    '  bool is_nan = (floatBitsToUint(b) & 0x7fffffffu) > 0x7f800000u;',
    '  return is_nan || a < b ? b : a;',
    '}',
  ],
} as const
const startOf = { sum: '0.0', max: '(-infinity)' } as const
const insideCode = [
  '// The lanes of a block that the last row and column of a matrix have; tfjs wants zeros in the others.',
  'bvec4 inside(int i, ivec3 shape) {',
  '  ivec2 blocks = (shape.yz + 1) / 2;',
  '  bool below = 2 * ((i / blocks.y) % blocks.x) + 1 < shape.y;',
  '  bool right = 2 * (i % blocks.y) + 1 < shape.z;',
  '  return bvec4(true, right, below, below && right);',
  '}',
]
const lanes = ['r', 'g', 'b', 'a'] as const

type Reading = (at: string) => readonly string[]
type LaneCode = (lane: string) => string

/** The `main` that writes a stream: `once` comes first, `read` reads a texel, `call` computes the value of a lane. */
export const mapping = (once: readonly string[], read: Reading, call: LaneCode): readonly string[] => [
  ...texelCode,
  ...insideCode,
  'void main() {',
  '  int i = texel_here();',
  ...indent([...once, ...read('i')]),
  '  bvec4 here = inside(i, outShape);',
  '  setOutput(vec4(',
  `    ${lanes.map(lane => `here.${lane} ? ${call(lane)} : 0.0`).join(',\n    ')}`,
  '  ));',
  '}',
]

/** The `main` that reduces each window of texels to one value, in the first lane of a texel. */
export const reducing = (
  reduce: 'sum' | 'max',
  once: readonly string[],
  read: Reading,
  call: LaneCode,
): readonly string[] => [
  ...texelCode,
  ...insideCode,
  ...joinCode[reduce],
  'void main() {',
  ...indent(once),
  `  int first = ${window} * texel_here();`,
  `  int end = min(first + ${window}, texels);`,
  `  vec4 total = vec4(${startOf[reduce]});`,
  '  for (int i = first; i < end; i++) {',
  ...indent(read('i'), 4),
  '    bvec4 here = inside(i, leaf);',
  ...lanes.map(lane => `    if (here.${lane}) total.${lane} = join(total.${lane}, ${call(lane)});`),
  '  }',
  `  float whole = join(join(total.r, total.g), join(total.b, total.a));`,
  '  setOutput(vec4(whole, 0.0, 0.0, 0.0));',
  '}',
]

/** A shader that reduces each window of partial results to one value. */
export const foldGlsl = (reduce: 'sum' | 'max'): string =>
  [
    ...texelCode,
    ...joinCode[reduce],
    'void main() {',
    `  int first = ${window} * texel_here();`,
    `  int end = min(first + ${window}, texels);`,
    `  float total = ${startOf[reduce]};`,
    '  for (int i = first; i < end; i++) total = join(total, texel(parts, i).r);',
    '  setOutput(vec4(total, 0.0, 0.0, 0.0));',
    '}',
    '',
  ].join('\n')

/** A shader that combines the totals of several leaves, each in a texture of its own. */
export const combineGlsl = (reduce: 'sum' | 'max', count: number): string =>
  [
    ...texelCode,
    ...joinCode[reduce],
    'void main() {',
    '  float total = texel(leaf0, 0).r;',
    ...Array.from({ length: count - 1 }, (_, k) => `  total = join(total, texel(leaf${k + 1}, 0).r);`),
    '  setOutput(vec4(total, 0.0, 0.0, 0.0));',
    '}',
    '',
  ].join('\n')
