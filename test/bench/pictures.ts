/**
 * The picture of speed in the README, from the numbers of RESULTS.md: `npm run pictures` draws it anew. The one of losses
 * is what `npm start -- --compare` leaves.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

interface Measured {
  readonly work: string
  /** times as fast */
  readonly ratio: number
}

const sizes: Readonly<Record<string, string>> = {
  '60x10': '60 tensors of 10 numbers',
  '1M': '1 million parameters',
  '10M': '10 million parameters',
}

/** The rows of AdamW beside `tf.train.adam`. */
const measured = (results: string): readonly Measured[] =>
  [...results.matchAll(/^\| adamw, (\w+), (\w+) +\| tf\.train\.adam +\|[^|]*\| ([\d.]+)x as fast/gm)].map(
    ([, size = '', backend = '', ratio]) => ({ work: `${sizes[size] ?? size}, ${backend}`, ratio: Number(ratio) }),
  )

const [width, labels, bar, gap, top] = [760, 250, 22, 12, 74]
const inks = { ours: '#1668b8', theirs: '#d1622b', text: '#1f2328', faint: '#59636e' }

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${words}</text>`

/** Bars on a logarithmic scale that begins at the speed of `tf.train.adam`. */
export const speedPicture = (results: string): string => {
  const rows = measured(results)
  if (rows.length === 0) throw new Error('RESULTS.md has no rows of adamw beside tf.train.adam')
  const most = Math.log10(Math.max(...rows.map(({ ratio }) => ratio)))
  const long = (ratio: number): number => (Math.log10(ratio) / most) * (width - labels - 90)
  const height = top + rows.length * (bar + gap) + 8
  const drawn = rows.flatMap(({ work, ratio }, i) => {
    const y = top + i * (bar + gap)
    return [
      text(labels - 12, y + 16, work, 'text-anchor="end"'),
      `<rect x="${labels}" y="${y}" width="${long(ratio).toFixed(1)}" height="${bar}" rx="3" fill="${inks.ours}"/>`,
      text(labels + long(ratio) + 8, y + 16, `${Number(ratio.toPrecision(2))} times`, 'font-weight="bold"'),
    ]
  })
  const line = `<line x1="${labels}" x2="${labels}" y1="${top - 8}" y2="${height - 12}" stroke="${inks.theirs}" stroke-width="3"/>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="14" fill="${inks.text}">`,
    '<title>How many times as fast as tf.train.adam a step of AdamW is</title>',
    '<rect width="100%" height="100%" fill="white"/>',
    text(16, 30, 'A step of AdamW, times as fast as tf.train.adam', 'font-size="18" font-weight="bold"'),
    text(
      16,
      52,
      'logarithmic, from the line on; one process, in turns (test/bench/RESULTS.md)',
      `fill="${inks.faint}"`,
    ),
    ...drawn,
    line,
    '</svg>',
    '',
  ].join('\n')
}

const [results, picture] = ['test/bench/RESULTS.md', 'examples/pictures/speed.svg']

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(picture, speedPicture(readFileSync(results, 'utf8')))
