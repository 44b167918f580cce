/** What a person can mend, in one line. */
import type * as t from 'io-ts'

const inWords: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'there is a file of that name',
  EACCES: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
}

/** What was thrown, without the stack: a system's error in words. */
export const reason = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown)
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''
  return inWords[code] ?? thrown.message
}

/** The first problem of a value that a codec refused: `steps: expected a whole number, got "x"`. */
export const firstProblem = ([problem]: t.Errors): string => {
  const [root, ...parts] = problem?.context ?? []
  const path = parts.map(({ key }) => key).join('.')
  const got = problem?.value === undefined ? 'nothing' : JSON.stringify(problem.value)
  const expected = `expected ${(parts.at(-1) ?? root)?.type.name ?? ''}, got ${got.length > 40 ? 'something else' : got}`
  return path === '' ? expected : `${path}: ${expected}`
}
