/** The known names that somebody may have meant by a name that is not known. */
import type { Spellings } from './signature.js'

/** Whether the letters of `part` stand in `whole` in their order: `lr` in `learningrate`, `eps` in `epsilon`. */
const isWithin = (part: string, whole: string): boolean => {
  let found = 0
  for (const letter of whole) if (letter === part[found]) found++
  return found === part.length
}

/** How far a word is from a known one, in letters: -1 if it is the same, infinitely if they are not alike. */
const gap = (word: string, known: string): number => {
  if (word === known) return -1
  const letters = Math.abs(word.length - known.length)
  // A letter too many, another one, or two swapped: the rest of the word is right.
  const isTypo = () =>
    letters < 2 && Array.from(word, (_, i) => word.slice(0, i) + word.slice(i + 1)).some(rest => isWithin(rest, known))
  return word.length > 1 && known.length > 1 && (isWithin(word, known) || isWithin(known, word) || isTypo())
    ? letters
    : Infinity
}

/** The names nearest to `name`, whatever their case and underscores; none where nothing is near. */
export const nearest = (name: string, known: Spellings): readonly string[] => {
  const wordOf = (one: string): string => one.replace(/\W|_/g, '').toLowerCase()
  const word = wordOf(name.slice(0, 50)) // longer than any option: what comes may be of any length
  const gaps = Object.entries(known).map(([one, others]) =>
    Math.min(...[one, ...others.split(' ')].map(spelling => gap(word, wordOf(spelling)))),
  )
  const least = Math.min(...gaps)
  return Object.keys(known).filter((_, i) => gaps[i] === least && least < Infinity)
}
