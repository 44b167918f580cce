/** Programs whose state begins anew, for wrappers that reset what they contain. */
import { cannotReset } from '../errors/nests.js'
import { mapLinks, programName } from '../program/fold.js'
import { placedLinks } from '../program/placed.js'
import type { Program } from '../program/program.js'
import { isOpen } from '../program/resolve.js'
import { onlyResetting, resetting } from '../rule/reset.js'

/** Throws unless every link of the program is a rule that runs at each step. */
export const refuseReset = (who: string, program: Program): void => {
  const other = placedLinks(program).find(({ link: { kind } }) => kind === 'ops' || kind === 'opaque')
  if (other !== undefined) throw cannotReset(who, programName(other.link), 'is no rule')
  if (isOpen(program)) throw cannotReset(who, programName(program), 'does not run the same links at each step')
}

/** The program that runs, and then puts its slots back to their first values. */
export const endingAnew = (program: Program): Program =>
  mapLinks(program, link => (link.kind === 'rule' ? { kind: 'rule', rule: resetting(link.rule) } : link))

/** The program that only puts its slots back to their first values. */
export const startingAnew = (program: Program): Program =>
  mapLinks(program, link => (link.kind === 'rule' ? { kind: 'rule', rule: onlyResetting(link.rule) } : link))
