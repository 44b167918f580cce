/** The task: a thing and what somebody said of it; was it praise? "the soup | it was not very good" is none. */
import type { Pair } from './words.js'

const things = ['film', 'soup', 'room', 'book', 'song', 'train']
const verbs = ['was', 'seemed']
const degrees = ['', 'very ', 'quite ', 'so ']
const praise = ['good', 'great', 'lovely', 'fresh', 'fine']
const blame = ['bad', 'awful', 'dull', 'stale', 'poor']

/** Every opinion there is: as much praise as blame. */
export const opinions: readonly Pair[] = things.flatMap(thing =>
  verbs.flatMap(verb =>
    ['', 'not '].flatMap(not =>
      degrees.flatMap(degree =>
        [...praise, ...blame].map(quality => ({
          first: `the ${thing}`,
          second: `it ${verb} ${not}${degree}${quality}`,
          label: praise.includes(quality) === (not === '') ? 1 : 0,
        })),
      ),
    ),
  ),
)
