/** The two pictures of an optimizer: its runs beside those of plain descent. It serves the generator and the pages. */
import { either as E, function as F } from 'fp-ts'
import { drawCurve } from './draw/curve.js'
import { drawCard, drawPath, pointsOf } from './draw/path.js'
import { regression, splitValley, valley, type Path } from './problems.js'
import { bestRun, type Run } from './runs.js'

export interface Drawn {
  readonly curve: string
  readonly path: string
  readonly card: string
  /** the rates that were best, on the regression and in the valley; null for a text without a place for one */
  readonly rates: readonly [regression: number | null, valley: number | null]
  /** the loss at the end of each run */
  readonly ends: readonly [regression: number, valley: number]
}

/** A text that speaks of a bias needs a leaf of this name. */
export const needsBias = (text: string): boolean => text.includes('bias')
const pathFor = (text: string): Path => (needsBias(text) ? splitValley : valley)

/** Plain descent, with the best of the rates that all others choose from. */
type PlainRuns = E.Either<string, readonly Run[]>
const runPlain = (): PlainRuns => E.sequenceArray([bestRun('sgd($rate)', regression), bestRun('sgd($rate)', valley)])

/** The runs of plain descent, made when they are first asked for. */
const known: { plain?: PlainRuns } = {}
const plain = (): PlainRuns => (known.plain ??= runPlain())

const endOf = ({ losses }: Run): number => losses.at(-1) ?? NaN

/** The pictures of an optimizer. `assets` is the way from the page to the folder of shared files. */
export const draw = (name: string, text: string, assets: string): E.Either<string, Drawn> => {
  const problem = pathFor(text)
  return F.pipe(
    E.Do,
    E.bind('plain', plain),
    E.bind('curve', () => bestRun(text, regression)),
    E.bind('path', () => bestRun(text, problem)),
    E.map(({ plain: plains, curve, path }) => {
      const [plainCurve = curve, plainPath = path] = plains
      const others = pointsOf(plainPath, valley)
      return {
        curve: drawCurve(`Learning curve of ${name}`, curve, plainCurve),
        path: drawPath(`Path of ${name} through a valley`, pointsOf(path, problem), others, assets),
        card: drawCard(`Path of ${name}`, pointsOf(path, problem), assets),
        rates: [curve.rate, path.rate],
        ends: [endOf(curve), endOf(path)],
      }
    }),
  )
}
