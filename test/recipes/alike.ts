/** Compares what a program prints with what its page says, up to rounding. */

const number = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g
/** The last digit of a number as it is written, as a number: 0.01 for `2.15`, 1e-5 for `1.16e-3`. */
const lastDigit = (text: string): number => {
  const [digits = '', exponent = '0'] = text.split('e')
  return 10 ** (Number(exponent) - (digits.split('.')[1]?.length ?? 0))
}

/** Two of the last digit, since rounding may go either way at two places, or a hundredth where there are many digits. */
const near = (got: string, said: string): boolean =>
  Math.abs(Number(got) - Number(said)) <= Math.max(2.001 * lastDigit(said), Math.abs(Number(said)) / 100)
const exact = (text: string): boolean => !/[.e]/.test(text)

/** Without numbers, and with one kind of bar: a bar in a terminal may be a step higher. */
const rest = (line: string): string => line.replace(number, '#').replace(/[▁-█]/g, '▁')

/** The first line in which two texts differ, both as they are; null if they are alike. */
export const difference = (got: string, said: string): string | null => {
  const [gotLines, saidLines] = [got.split('\n'), said.split('\n')]
  for (let i = 0; i < Math.max(gotLines.length, saidLines.length); i++) {
    const [one = '(nothing)', other = '(nothing)'] = [gotLines[i], saidLines[i]]
    const [ours, theirs] = [one.match(number) ?? [], other.match(number) ?? []]
    const isAlike = ours.every((x, k) => {
      const y = theirs[k] ?? ''
      return exact(x) && exact(y) ? x === y : near(x, y)
    })
    if (rest(one) !== rest(other) || !isAlike) return `line ${i + 1} is "${one}", and the page says "${other}"`
  }
  return null
}
