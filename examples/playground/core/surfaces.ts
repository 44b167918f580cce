/** All landscapes of the playground. */
import { network } from './network.js'
import { planes } from './planes.js'
import type { Surface } from './surface.js'

export const surfaces: readonly Surface[] = [...planes, network]

/** The landscape of a name; undefined if there is none. */
export const surfaceOf = (id: string): Surface | undefined => surfaces.find(one => one.id === id)
