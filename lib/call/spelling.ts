/** Finds the known names that a misspelt name may stand for. */
import type { Signature, Spellings } from './signature.js'

/** Whether `part` is a subsequence of `whole`: `lr` of `learningrate`, `eps` of `epsilon`. */
const isWithin = (part: string, whole: string): boolean => {
  let found = 0
  for (const letter of whole) if (letter === part[found]) found++
  return found === part.length
}

/** The distance of two words in letters: -1 if they are the same, Infinity if they are not alike. */
const gap = (word: string, known: string): number => {
  if (word === known) return -1
  const letters = Math.abs(word.length - known.length)
  // One letter is surplus, wrong or swapped with its neighbour: without it the rest of the word fits.
  const isTypo = () =>
    letters < 2 && Array.from(word, (_, i) => word.slice(0, i) + word.slice(i + 1)).some(rest => isWithin(rest, known))
  return word.length > 1 && known.length > 1 && (isWithin(word, known) || isWithin(known, word) || isTypo())
    ? letters
    : Infinity
}

/** The names nearest to `name`, apart from case and underscores; none if nothing is near. */
export const nearest = (name: string, known: Spellings): readonly string[] => {
  const wordOf = (one: string): string => one.replace(/\W|_/g, '').toLowerCase()
  const word = wordOf(name.slice(0, 50)) // longer than any option, since names may have any length
  const gaps = Object.entries(known).map(([one, others]) =>
    Math.min(...[one, ...others.split(' ')].map(spelling => gap(word, wordOf(spelling)))),
  )
  const least = Math.min(...gaps)
  return Object.keys(known).filter((_, i) => gaps[i] === least && least < Infinity)
}

/** An unknown name with the ones of a signature that may be meant. */
export const hinted = (name: string, { takes, options }: Signature): string => {
  const known = { ...Object.fromEntries(takes.map(one => [one, one === 'learningRate' ? 'lr' : ''])), ...options }
  const near = nearest(name, known).join(' or ')
  return near === '' ? name : `${name} (did you mean ${near}?)`
}
