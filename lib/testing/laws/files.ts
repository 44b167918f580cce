/** The law of saved states. */
import { fromNamedTensors, toNamedTensors } from '../../io/named.js'
import { fromSafetensors } from '../../io/read.js'
import { toSafetensors } from '../../io/write.js'
import { disposeTree } from '../../tree/map.js'
import { bitsOf, differenceOf, hostOf } from '../bits.js'
import type { LawDefinition } from '../law.js'
import { eachSample, few, init, update } from '../walk.js'

export const files: LawDefinition = {
  says: 'a state that was saved and loaded is the same, and goes on to the same bits',
  check: async (subject, broken) => {
    const tx = subject.make()
    await eachSample(few(subject.samples(3, 'any')), async ({ params, gradients }) => {
      let state = init(tx, params)
      const used: unknown[] = [state]
      for (const [i, g] of gradients.entries()) {
        const named = toNamedTensors(state)
        const loaded = {
          safetensors: fromSafetensors(await toSafetensors(state), state),
          list: fromNamedTensors(named, state),
        }
        const on = update(tx, g, state, params, subject.extra(i))
        for (const [name, from] of Object.entries(loaded)) {
          if (hostOf(from) !== hostOf(state)) throw broken(`${name}: ${hostOf(from)}, not ${hostOf(state)}`)
          const change = differenceOf(await bitsOf(from), await bitsOf(state))
          if (change !== null) throw broken(`after ${i} steps, loaded from ${name} ${change}`)
          const again = update(tx, g, from, params, subject.extra(i))
          const later = differenceOf(await bitsOf(again), await bitsOf(on))
          if (later !== null) throw broken(`after ${i} steps and one from ${name} ${later}`)
          disposeTree(again)
        }
        used.push(on, loaded, named)
        state = on[1]
      }
      disposeTree(used)
    })
  },
}
