/** Codecs for the links of chains. A link that gathers replicas can only be the first. */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { namedChain } from '../chain.js'
import { startsWithGather } from '../program/gathers.js'
import type { GradientTransformation } from '../transform.js'
import { closed, options, type Codec } from './kind.js'
import { list, text } from './values.js'

/** A transformation that is not the first link, and must not gather replicas. */
export const later = (transform: Codec<GradientTransformation>): Codec<GradientTransformation> =>
  new t.Type(
    transform.name,
    transform.is,
    (u, context) =>
      F.pipe(
        transform.validate(u, context),
        E.filterOrElse(
          tx => !startsWithGather(tx.program),
          (): t.Errors => [
            {
              value: u,
              context,
              message: 'aggregate takes one gradient tree per replica, so it must be the first link',
            },
          ],
        ),
      ),
    transform.encode,
  )

export const links = (transform: Codec<GradientTransformation>): Codec<readonly GradientTransformation[]> =>
  list('a list of transformations', transform, later(transform))

interface NamedLink {
  readonly name: string
  readonly link: GradientTransformation
}

/** The key is called `name` since tfjs does not change strings under that key. */
const namedLink = (transform: Codec<GradientTransformation>): Codec<NamedLink> =>
  closed(options({ name: text, link: transform }, {}))

/** Duplicate names are found here, not by `namedChain`, so that they are reported together with other faults. */
export const namedLinks = (transform: Codec<GradientTransformation>): Codec<readonly NamedLink[]> => {
  const entries = list('a list of links {name, link}', namedLink(transform), namedLink(later(transform)))
  return new t.Type(
    entries.name,
    entries.is,
    (u, context) => {
      const read = entries.validate(u, context)
      const names = Array.isArray(u) ? u.map((x: unknown) => (t.UnknownRecord.is(x) ? x['name'] : undefined)) : []
      const seen = new Set<unknown>()
      const again = names.flatMap((name, i): t.Errors => {
        if (typeof name !== 'string' || !seen.has(name)) {
          seen.add(name)
          return []
        }
        const here = t.appendContext(t.appendContext(context, String(i), t.unknown), 'name', text, name)
        return [{ value: name, context: here, message: `the name ${JSON.stringify(name)} is given twice` }]
      })
      return again.length === 0 ? read : t.failures([...(E.isLeft(read) ? read.left : []), ...again])
    },
    entries.encode,
  )
}

export const namedChainOf = (entries: readonly NamedLink[]): GradientTransformation =>
  namedChain(...entries.map(({ name, link }) => [name, link] as const))
