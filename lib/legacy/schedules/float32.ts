/**
 * The float32 operations of the kernels that Keras's schedules call, each rounded once. Arguments must be float32
 * already: for two such numbers, the float64 result rounds to the right float32.
 */
export const f32 = Math.fround
export const add = (a: number, b: number): number => f32(a + b)
export const sub = (a: number, b: number): number => f32(a - b)
export const mul = (a: number, b: number): number => f32(a * b)
export const div = (a: number, b: number): number => f32(a / b)
export const pow = (a: number, b: number): number => f32(a ** b)
export const cos = (a: number): number => f32(Math.cos(a))
export const log = (a: number): number => f32(Math.log(a))
export const pi = f32(Math.PI)

/** Whether a number is at least 0 and finite as a float32. */
export const float32AtLeast0 = (value: number): boolean => value >= 0 && f32(value) < Infinity
