/**
 * Importing this file has the effect that the package is complete. Errors then say what an object is, suggest the
 * nearest names and name the place of a fault in a tree; a mask that chooses nothing is said; lost devices are noticed
 * before anything changes; and rules run while tfjs takes gradients and where WebGL stores 16-bit numbers. Only `core`
 * and `rule` go without, until `ready` loads it.
 */
import { halves } from './backends/halves.js'
import { useSpecial } from './backends/special.js'
import { taped } from './backends/taped.js'
import { useHints } from './call/checked.js'
import { hinted } from './call/spelling.js'
import { useNaming } from './errors.js'
import { nameOfObject } from './errors/naming.js'
import { requireAlive } from './tree/alive.js'
import { faultOf } from './tree/faults.js'
import { useChoices } from './tree/mask.js'
import { useLosses } from './tree/ownership.js'
import { useFaults } from './tree/structure.js'
import { warnUnchosen } from './tree/unchosen.js'

useNaming(nameOfObject)
useHints(hinted)
useFaults(faultOf)
useChoices(warnUnchosen)
useLosses(requireAlive)
useSpecial({ 'where WebGL stores 16-bit numbers': halves, 'while tfjs takes gradients': taped })
