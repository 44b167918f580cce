/** Bars as SVG. */

export interface Bar {
  readonly label: string
  /** times the time of the reference: 1 is the line, left of it is faster */
  readonly value: number
}

export interface Panel {
  readonly title: string
  readonly bars: readonly Bar[]
}

const [width, labels, bar, gap, head] = [430, 165, 14, 4, 34]
const inks = { faster: '#b35806', slower: '#4575b4', text: '#222', line: '#888' }

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(words)}</text>`

/** On a logarithmic scale around 1; `span` is the greatest power of ten on either side. */
const drawPanel = ({ title, bars }: Panel, left: number, top: number, low: number, high: number): string => {
  const [from, to] = [left + labels, left + width - 50]
  const x = (value: number): number => from + ((Math.log10(value) - low) / (high - low)) * (to - from)
  const rows = bars.map(({ label, value }, i) => {
    const y = top + head + i * (bar + gap)
    const [start, end] = [Math.min(x(1), x(value)), Math.max(x(1), x(value))]
    const ink = value < 1 ? inks.faster : inks.slower
    return [
      text(from - 6, y + bar - 3, label, 'text-anchor="end"'),
      `<rect x="${start.toFixed(1)}" y="${y}" width="${Math.max(1, end - start).toFixed(1)}" height="${bar}" fill="${ink}"/>`,
      text(end + 4, y + bar - 3, value.toPrecision(3)),
    ].join('')
  })
  const bottom = top + head + bars.length * (bar + gap)
  const line = `<line x1="${x(1).toFixed(1)}" y1="${top + head - 6}" x2="${x(1).toFixed(1)}" y2="${bottom}" stroke="${inks.line}"/>`
  return [text(left + 8, top + 20, title, 'font-weight="bold"'), ...rows, line].join('\n')
}

/** Panels in a grid. All share one scale, so that bars can be compared across panels. */
export const barChart = (title: string, panels: readonly Panel[], columns: number): string => {
  const values = panels.flatMap(({ bars }) => bars.map(({ value }) => value)).filter(value => value > 0)
  const [low, high] = [Math.min(-0.3, ...values.map(Math.log10)), Math.max(0.3, ...values.map(Math.log10))]
  const rows = Math.ceil(panels.length / columns)
  const tall = head + Math.max(0, ...panels.map(({ bars }) => bars.length)) * (bar + gap) + 12
  const [fullWidth, fullHeight] = [Math.max(620, width * Math.min(columns, panels.length)), 40 + rows * tall]
  const drawn = panels.map(({ title: name, bars }, i) =>
    drawPanel(
      { title: name, bars: bars.filter(({ value }) => value > 0) },
      width * (i % columns),
      40 + tall * Math.floor(i / columns),
      low,
      high,
    ),
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${fullWidth}" height="${fullHeight}" font-family="sans-serif" font-size="12" fill="${inks.text}">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    text(8, 24, title, 'font-size="15"'),
    ...drawn,
    '</svg>\n',
  ].join('\n')
}
