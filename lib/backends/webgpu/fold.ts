/** Reduces the partial results of workgroups to totals, with one workgroup per total of the tree or of a leaf. */
import { mostCode, workgroup } from './generate.js'

/** A range of partial results that are reduced to one total. */
export interface PartialTotals {
  readonly first: number
  readonly count: number
  readonly reduce: 'sum' | 'max'
  /** the index of the total */
  readonly to: number
}

const minusInfinity = 0xff800000

/** The words of a segment in the order of the struct. The bits of the start value tell sums and maxima apart. */
export const wordsOf = ({ first, count, reduce, to }: PartialTotals): readonly number[] => [
  first,
  count,
  reduce === 'sum' ? 0 : minusInfinity,
  to,
]

export const foldWgsl = [
  'struct Segment {',
  '  first: u32,',
  '  count: u32,',
  '  start: u32, // bits of 0 for a sum, of -infinity for a maximum',
  '  to: u32,',
  '}',
  '@group(0) @binding(0) var<storage, read> segments: array<Segment>;',
  '@group(0) @binding(1) var<storage, read> partials: array<f32>;',
  '@group(0) @binding(2) var<storage, read_write> totals: array<f32>;',
  ...mostCode,
  `var<workgroup> lanes: array<f32, ${workgroup}>;`,
  `@compute @workgroup_size(${workgroup})`,
  'fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,',
  '        @builtin(local_invocation_index) lane: u32) {',
  '  let place = group.y * groups.x + group.x;',
  '  if (place >= arrayLength(&segments)) { return; }',
  '  let segment = segments[place];',
  '  let is_sum = segment.start == 0u;',
  '  var total = bitcast<f32>(segment.start);',
  `  for (var i = lane; i < segment.count; i += ${workgroup}u) {`,
  '    let part = partials[segment.first + i];',
  '    total = select(most(total, part), total + part, is_sum);',
  '  }',
  '  lanes[lane] = total;',
  `  for (var half = ${workgroup / 2}u; half > 0u; half >>= 1u) {`,
  '    workgroupBarrier();',
  '    if (lane < half) {',
  '      let other = lanes[lane + half];',
  '      lanes[lane] = select(most(lanes[lane], other), lanes[lane] + other, is_sum);',
  '    }',
  '  }',
  '  if (lane == 0u) { totals[segment.to] = lanes[0]; }',
  '}',
  '',
].join('\n')
