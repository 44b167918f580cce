/** Everything that pages of rules show, made by running the package: facts, pictures and first steps, by name. */
import { either as E, function as F } from 'fp-ts'
import type { Schedule } from 'tfjs-optax'
import { draw, needsBias, type Drawn } from './drawn.js'
import { scheduleOf, transformationOf } from './evaluate.js'
import { factsOf, type Facts } from './facts.js'
import type { Lists } from './lists.js'
import { firstSteps, type StepRows } from './session.js'
import { scheduleRow, subjectOf, type List } from './subjects/all.js'
import type { Subject } from './subjects/subject.js'
import { drawSchedule } from './draw/schedule.js'

export interface MadeTransformation {
  readonly subject: Subject
  readonly facts: Facts
  readonly drawn: Drawn
  readonly steps: readonly StepRows[]
}

export interface MadeSchedule {
  readonly code: string
  readonly steps: number
  readonly schedule: Schedule
  readonly curve: string
}

/** The way from any page of a rule to the shared files. */
export const assets = '../assets'

/** The rate that stands for `$rate` outside the pictures. */
export const shownRate = '0.1'
export const shownCode = ({ code }: Subject): string => code.replaceAll('$rate', shownRate)

const transformation = (subject: Subject): E.Either<string, MadeTransformation> => {
  const code = shownCode(subject)
  return F.pipe(
    E.Do,
    E.bind('facts', () =>
      E.map((tx: Parameters<typeof factsOf>[0]) => factsOf(tx, needsBias(code)))(transformationOf(code)),
    ),
    E.bind('drawn', () => draw(subject.name, subject.picture, assets)),
    E.bind('steps', () => firstSteps(code, 3)),
    E.map(made => ({ subject, ...made })),
    E.mapLeft(fault => `${subject.name}: ${fault}; give it a row in examples/site/subjects`),
  )
}

const schedule = (name: string): E.Either<string, MadeSchedule> => {
  const row = scheduleRow(name)
  if (row === undefined) return E.left(`${name}: it has no row in examples/site/subjects/schedules.ts`)
  const [code, steps] = row
  return F.pipe(
    scheduleOf(code),
    E.map(made => ({ code, steps, schedule: made, curve: drawSchedule(`Curve of ${name}`, made, steps) })),
    E.mapLeft(fault => `${name}: ${fault}`),
  )
}

export interface MadePages {
  readonly transformations: ReadonlyMap<string, MadeTransformation>
  readonly schedules: ReadonlyMap<string, MadeSchedule>
}

const byName = <A>(
  names: readonly string[],
  make: (name: string) => E.Either<string, A>,
): E.Either<string, ReadonlyMap<string, A>> =>
  F.pipe(
    names,
    E.traverseArray(name => E.map((one: A) => [name, one] as const)(make(name))),
    E.map(entries => new Map(entries)),
  )

/** All of them; the fault names the first that cannot be made. */
export const makePages = (lists: Lists): E.Either<string, MadePages> => {
  const kinds: readonly List[] = ['transforms', 'optimizers', 'wrappers']
  const subjects = new Map(kinds.flatMap(kind => lists[kind].map(({ name }) => [name, subjectOf[kind](name)] as const)))
  return F.pipe(
    E.Do,
    E.bind('transformations', () =>
      byName([...subjects.keys()], name => transformation(subjects.get(name) ?? subjectOf.transforms(name))),
    ),
    E.bind('schedules', () =>
      byName(
        lists.schedules.map(({ name }) => name),
        schedule,
      ),
    ),
  )
}
