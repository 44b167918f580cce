/** The table of options: meaning and type from the doc comments, default and range from the rule itself. */
import type { CommentDisplayPart, DeclarationReflection } from 'typedoc'
import type { HyperFact } from './facts.js'
import { propertiesOf, type PublicName } from './names.js'

export interface OptionFact {
  readonly name: string
  readonly type: string
  readonly isNeeded: boolean
  /** from the rule; null where no link has a number of that name */
  readonly value: number | null
  /** from the rule, such as `in [0, 1)` */
  readonly range: string | null
  readonly meaning: readonly CommentDisplayPart[]
}

const textOf = (parts: readonly CommentDisplayPart[]): string => parts.map(({ text }) => text).join('')

/** The numbers that a doc comment names as defaults; several, where a recipe has another one than its rule. */
const saidDefaults = (meaning: readonly CommentDisplayPart[]): readonly number[] => {
  const [, said = ''] = /default(.*)/s.exec(textOf(meaning)) ?? []
  return (said.match(/(?<![\w.^[])-?\d[\d.]*(?:e-?\d+)?(?![\w\]])/g) ?? []).map(one => Number(one.replace(/\.$/, '')))
}

/** The facts of a hyperparameter, if all links that have one of the name agree. */
const agreed = (facts: readonly HyperFact[] = []): HyperFact | null => {
  const [first] = facts
  return first !== undefined &&
    facts.every(({ value, expected }) => value === first.value && expected === first.expected)
    ? first
    : null
}

const fromProperty = (
  property: DeclarationReflection,
  hyper: ReadonlyMap<string, readonly HyperFact[]>,
): OptionFact => {
  const fact = agreed(hyper.get(property.name))
  return {
    name: property.name,
    type: String(property.type ?? ''),
    isNeeded: !property.flags.isOptional,
    value: fact?.value ?? null,
    range: fact?.expected ?? null,
    meaning: property.comment?.summary ?? [],
  }
}

/** The options that several rules share come before those of this one. */
const inheritedFirst = (properties: readonly DeclarationReflection[]): readonly DeclarationReflection[] => [
  ...properties.filter(({ flags }) => flags.isInherited),
  ...properties.filter(({ flags }) => !flags.isInherited),
]

/** Positional arguments, then options. Values are those of an example, which gives positional ones a number. */
export const optionsOf = (
  { parameters }: PublicName,
  hyper: ReadonlyMap<string, readonly HyperFact[]>,
): readonly OptionFact[] =>
  parameters.flatMap(parameter => {
    const properties = propertiesOf(parameter.type)
    const isOptions = /^(options|config|given|__namedParameters)$/.test(parameter.name)
    if (isOptions) return inheritedFirst(properties).map(property => fromProperty(property, hyper))
    const { name, type, flags, comment } = parameter
    const range = agreed(hyper.get(name))?.expected ?? null
    const isNeeded = !flags.isOptional && parameter.defaultValue === undefined
    return [{ name, type: String(type ?? ''), isNeeded, value: null, range, meaning: comment?.summary ?? [] }]
  })

/** The options whose doc comment names another default than the rule has, for a rule that `code` makes with defaults. */
export const wrongDefaults = (options: readonly OptionFact[], code: string): readonly string[] =>
  options.flatMap(({ name, value, meaning }) => {
    const said = saidDefaults(meaning)
    const isGiven = new RegExp(`\\b${name}\\b`).test(code)
    if (value === null || said.length === 0 || said.includes(value) || isGiven) return []
    return [`${name} is ${said.join(' or ')} by default in its doc comment, and ${value} in the rule`]
  })

const cell = (text: string): string => text.replace(/\|/g, '\\|').replace(/\n/g, ' ')

/** The options as a table of Markdown. */
export const optionsTable = (options: readonly OptionFact[]): string =>
  [
    '| name | default | range | meaning |',
    '| --- | --- | --- | --- |',
    ...options.map(({ name, isNeeded, value, range, meaning, type }) => {
      const said = textOf(meaning)
      const [, word = ''] =
        /default:? (-?[\d.]+(?:e-?\d+)?|true|false|null|'[^']*'|all|none)(?![\w\]])/.exec(said) ?? []
      const fallback = isNeeded ? 'required' : (value ?? word)
      return `| \`${name}\` | ${fallback} | ${cell(range ?? '')} | ${cell(said === '' ? `\`${type}\`` : said)} |`
    }),
  ].join('\n')
