/** How racers are told apart in every drawing: by colour, by symbol and by number. */

const symbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye'] as const

export const colourOf = (i: number): string => `var(--racer-${i + 1})`
export const symbolOf = (i: number): (typeof symbols)[number] => symbols[i] ?? 'circle'

/** At most `most` of the items, evenly taken, the last one always. */
export const thinned = <A>(items: readonly A[], most: number): readonly A[] => {
  const stride = Math.ceil(items.length / most)
  return stride <= 1 ? items : items.filter((_, i) => i % stride === 0 || i === items.length - 1)
}
