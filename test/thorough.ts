/**
 * What takes minutes runs in part in `npm test`, and whole where THOROUGH is 1, as in `.ci/run`: random cases beyond the
 * first, and on GPUs, which are emulated on a CPU here, rules of a table beyond every third.
 */
export const thorough = process.env['THOROUGH'] === '1'

/** How many random cases run. */
export const cases = (whole: number, part: number): number => (thorough ? whole : part)

/** A table, or every third entry of it. */
export const everyThird = <T>(table: readonly T[]): readonly T[] =>
  thorough ? table : table.filter((_, i) => i % 3 === 0)
