/** Whether the state of a program can be divided among ranks, and how. */
import { dividedAgain, overTree, userInside } from '../errors/mpi.js'
import { linksIn, ofTree, programName } from '../program/fold.js'
import type { LeafLink, Program } from '../program/program.js'

/** Throws if a link needs numbers of the whole tree, or is a user's. */
export const refuseUndivided = (who: string, program: Program): void => {
  refuseMeasures(who, program)
  for (const link of linksIn(program)) {
    if (link.kind === 'opaque') throw userInside(who, link.name)
    const numbers = link.kind === 'rule' ? link.rule : link.kind === 'ops' ? link.ops : null
    if (numbers === null) continue
    const totals = link.kind === 'rule' ? link.rule.totals : []
    if (totals.some(({ over }) => over === 'tree') || ofTree(numbers).length > 0) throw overTree(who, programName(link))
  }
}

/** A choice by a number of all updates, and a nest that runs its parts itself. */
const refuseMeasures = (who: string, program: Program): void => {
  if (program.kind !== 'nest') return
  if (program.asOne !== undefined) throw dividedAgain(who, program.type)
  if (program.choice?.measure !== undefined) throw overTree(who, program.type)
  program.parts.forEach(part => refuseMeasures(who, part))
}

/** Whether every element is by itself, so that a leaf may be cut. */
export const isPerElement = (program: Program): boolean => linksIn(program).every(isPerElementLink)

const isPerElementLink = (link: LeafLink): boolean =>
  link.kind === 'idle' ||
  (link.kind === 'rule' && link.rule.totals.length === 0 && Object.keys(link.rule.cells).length === 0)
