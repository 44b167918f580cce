/** Programs as text, for people. */
import { checked } from '../call/checked.js'
import { printExpr, printRule } from '../rule/print.js'
import type { Program, TensorRule } from './program.js'

const indent = (block: string): string => block.replace(/^/gm, '  ')

/**
 * A program as text: its links in order, rules with their equations.
 *
 * @example
 * import { adamw } from 'tfjs-optax'
 * import { printProgram } from 'tfjs-optax/rule'
 * const lines = printProgram(adamw(1e-3).program).split('\n')
 * // lines[0] is 'chain'
 */
export const printProgram = /* @__PURE__ */ checked(
  { who: 'printProgram', takes: ['program'] },
  (program: Program): string => {
    switch (program.kind) {
      case 'rule':
        return printRule(program.rule)
      case 'ops':
        return printOps(program.ops)
      case 'opaque':
        return `${program.name}: {init, update}, opaque`
      case 'idle':
        return 'idle'
      case 'nest': {
        const { title, parts, layout, gather } = program
        const lines = parts.map((part, i) => {
          const key = gather === undefined ? layout.key(i) : null // the title of a gather says what its part is
          return indent(`${key === null ? '' : `${key}: `}${printProgram(part)}`)
        })
        return [title, ...lines].join('\n')
      }
    }
  },
)

const printOps = ({ name, hyper, slots, shaped }: TensorRule): string =>
  [
    `${name}(${Object.keys(hyper).join(', ')}), in tfjs ops`,
    ...Object.entries(slots).map(
      ([slot, expr]) =>
        `  ${slot} = ${printExpr(expr)} at first${Object.hasOwn(shaped, slot) ? ', in a shape of its own' : ''}`,
    ),
  ].join('\n')
