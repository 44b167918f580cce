/**
 * AdamW written by hand with wasmati for one purpose: what a generated kernel is measured against. In place on a memory
 * of its own, sixteen elements a turn, arrays padded to that, constants in registers, no table and no checks.
 */
import { $, br_if, f32x4, f64x2, func, i32, i8x16, local, loop, memory, Module, v128, type Input } from 'wasmati'

/** The constants of a step, as they lie in memory. */
const constants = ['b1', 'a1', 'b2', 'a2', 'c1', 'c2', 'eps', 'rate', 'decay', 'factor'] as const
const unroll = 4
const turn = 4 * unroll

/** A leaf: where its arrays begin, in bytes; its size, padded. */
interface Place {
  readonly p: number
  readonly m: number
  readonly v: number
  readonly g: number
  readonly size: number
}

export interface HandMade {
  readonly floats: Float32Array
  readonly places: readonly Place[]
  readonly step: (t: number) => void
  /** copies arrays over others until so many bytes were read and written, a multiple of 8 bytes a parameter at least */
  readonly copy: (bytes: number) => void
}

const v = v128

type Vector = Input<'v128'>

/** The upper half of four floats, as the lower. */
const upper = (x: Vector) => i8x16.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15], x, x)

export interface HandOptions {
  readonly clip: boolean
  readonly decay: boolean
  /** whether a product stands for the quotient, and nothing for the root: what is left of the time is the rest */
  readonly noRoots?: boolean
}

/** `step(p, m, v, g, end of g, constants)`: one leaf. */
const adamwCode = ({ clip, decay, noRoots = false }: HandOptions) =>
  func(
    { in: [i32, i32, i32, i32, i32, i32], locals: [v, v, v, v, v, v, v, v, v, v, v, v, v, v], out: [] },
    ([p, m, square, g, end, k], locals) => {
      const [b1, a1, b2, a2, c1, c2, eps, rate, wd, factor, u, mean, squares, old] = locals
      ;[b1, a1, b2, a2, c1, c2, eps, rate, wd, factor].forEach((constant, i) => {
        v128.load32_splat({ offset: 4 * i }, k)
        local.set(constant, $)
      })
      loop(null, () => {
        for (let i = 0; i < unroll; i++) {
          const at = { offset: 16 * i }
          v128.load(at, g)
          if (clip) f32x4.mul($, factor)
          local.set(u, $)
          f32x4.mul(v128.load(at, m), b1)
          f32x4.add($, f32x4.mul(u, a1))
          local.set(mean, $)
          f32x4.mul(v128.load(at, square), b2)
          f32x4.add($, f32x4.mul(f32x4.mul(u, u), a2))
          local.set(squares, $)
          v128.store(at, m, mean)
          v128.store(at, square, squares)
          v128.load(at, p)
          local.set(old, $)
          f32x4.mul(mean, c1)
          f32x4.mul(squares, c2)
          if (!noRoots) f32x4.sqrt($)
          f32x4.add($, eps)
          if (noRoots) f32x4.mul()
          else f32x4.div()
          if (decay) f32x4.add($, f32x4.mul(old, wd))
          f32x4.mul($, rate)
          local.set(u, $)
          v128.store(at, p, f32x4.sub(old, u))
        }
        for (const pointer of [p, m, square, g]) {
          i32.add(pointer, 4 * turn)
          local.set(pointer, $)
        }
        i32.lt_u(g, end)
        br_if(0)
      })
    },
  )

/** `sum(g, end, out)`: adds the squares of a leaf to four float64 at `out`, in eight lanes on the way. */
const sumCode = () =>
  func({ in: [i32, i32, i32], locals: [v, v, v, v, v], out: [] }, ([g, end, out], [x, s0, s1, s2, s3]) => {
    loop(null, () => {
      for (const [i, low, high] of [
        [0, s0, s1],
        [1, s2, s3],
        [2, s0, s1],
        [3, s2, s3],
      ] as const) {
        v128.load({ offset: 16 * i }, g)
        local.set(x, $)
        local.set(x, f32x4.mul(x, x))
        local.set(low, f64x2.add(low, f64x2.promote_low_f32x4(x)))
        local.set(high, f64x2.add(high, f64x2.promote_low_f32x4(upper(x))))
      }
      local.set(g, i32.add(g, 4 * turn))
      i32.lt_u(g, end)
      br_if(0)
    })
    v128.store({ offset: 0 }, out, f64x2.add(v128.load({ offset: 0 }, out), f64x2.add(s0, s2)))
    v128.store({ offset: 16 }, out, f64x2.add(v128.load({ offset: 16 }, out), f64x2.add(s1, s3)))
  })

export const handMade = async (sizes: readonly number[], options: HandOptions): Promise<HandMade> => {
  const padded = sizes.map(size => Math.max(turn, Math.ceil(size / turn) * turn))
  const total = padded.reduce((sum, size) => sum + size, 0)
  const [sums, scalars, arrays] = [0, 64, 128]
  const stride = 4 * total
  const mem = memory({ min: Math.ceil((arrays + 4 * stride) / 65536) })
  const copy = func({ in: [i32, i32, i32], locals: [], out: [] }, ([to, from, bytes]) => {
    for (const argument of [to, from, bytes]) local.get(argument)
    memory.copy()
  })
  const module = Module({ exports: { mem, step: adamwCode(options), sum: sumCode(), copy } })
  const { instance } = await module.instantiate()
  const { mem: own, step, sum, copy: move } = instance.exports
  const floats = new Float32Array(own.buffer)
  const doubles = new Float64Array(own.buffer, sums, 4)
  let next = arrays
  const places = padded.map((size): Place => {
    const p = next
    next += 4 * size
    return { p, m: p + stride, v: p + 2 * stride, g: p + 3 * stride, size }
  })
  return {
    floats,
    places,
    step: t => {
      doubles.fill(0)
      if (options.clip) for (const { g, size } of places) sum(g, g + 4 * size, sums)
      const norm = Math.sqrt(doubles.reduce((a, b) => a + b, 0))
      const values = { b1: 0.9, a1: 0.1, b2: 0.999, a2: 0.001, eps: 1e-8, rate: 1e-3, decay: 1e-2 }
      const all = { ...values, c1: 1 / (1 - 0.9 ** t), c2: 1 / (1 - 0.999 ** t), factor: norm < 1 ? 1 : 1 / norm }
      floats.set(
        constants.map(name => all[name]),
        scalars / 4,
      )
      for (const { p, m, v: squares, g, size } of places) step(p, m, squares, g, g + 4 * size, scalars)
    },
    copy: bytes => {
      // a copy of n bytes reads n and writes n; two arrays onto the two others, so that all four are touched as in a step
      for (let left = bytes / 2; left > 0; left -= 2 * stride)
        move(arrays + 2 * stride, arrays, Math.min(left, 2 * stride))
    },
  }
}
