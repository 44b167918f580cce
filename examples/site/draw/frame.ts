/** What the pictures share: their size, their axes, and the words around them. Colours come from the page's style. */
import { label, line, type Point, type Scale } from '../../train/svg.js'

export const [width, height] = [380, 260]
export const [left, right, top, bottom] = [46, width - 10, 10, height - 30]

/** A picture as part of a page, with a title for those who do not see it. */
export const picture = (title: string, parts: readonly string[]): string =>
  [
    `<svg class="picture" role="img" viewBox="0 0 ${width} ${height}" aria-label="${title.replace(/["&<>]/g, '')}">`,
    ...parts,
    '</svg>',
  ].join('\n')

const straight = (from: Point, to: Point, kind: string): string => line([from, to], `class="${kind}"`)

/** A number on an axis. */
export const short = (value: number): string =>
  value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)
    ? value.toExponential(0).replace('e+', 'e')
    : String(Number(value.toPrecision(3)))

/** Lines and numbers at these values of both axes. */
export const axes = (
  xs: readonly number[],
  ys: readonly number[],
  { x, y }: { readonly x: Scale; readonly y: Scale },
): readonly string[] => [
  ...ys.flatMap(value => [
    straight([left, y(value)], [right, y(value)], 'grid'),
    label([left - 6, y(value) + 4], short(value), 'class="tick" text-anchor="end"'),
  ]),
  straight([left, bottom], [right, bottom], 'axis'),
  ...xs.map(value => label([x(value), bottom + 16], short(value), 'class="tick" text-anchor="middle"')),
]
