/**
 * The parts of Node that are used. They are looked up when called, not imported, so that bundlers for browsers work.
 */
import { needsNode } from '../errors.js'
import { notAPath } from '../errors/files.js'
import type { Bytes } from './dtypes.js'

/** What the system tells about a file. */
export interface Stats {
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeMs: number
  readonly isFile: () => boolean
  readonly isDirectory: () => boolean
}

/** An open file. */
export interface FileHandle {
  writeFile(bytes: Bytes): Promise<void>
  read(bytes: Bytes, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>
  stat(): Promise<Stats>
  chown(uid: number, gid: number): Promise<void>
  chmod(mode: number): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

/** The functions used of `node:fs/promises`. */
export interface Files {
  open(path: string, flags: string, mode?: number): Promise<FileHandle>
  stat(path: string): Promise<Stats>
  realpath(path: string): Promise<string>
  readlink(path: string): Promise<string>
  readdir(path: string): Promise<readonly string[]>
  rename(from: string, to: string): Promise<void>
  rm(path: string, options: { readonly force: boolean }): Promise<void>
  mkdir(path: string, options: { readonly recursive: true }): Promise<unknown>
}

interface Paths {
  readonly sep: string
  readonly isAbsolute: (path: string) => boolean
  readonly dirname: (path: string) => string
  readonly resolve: (path: string) => string
}

interface Process {
  readonly pid: number
  readonly platform: string
  readonly cwd: () => string
  readonly uptime: () => number
  readonly kill: (pid: number, signal: 0) => unknown
  readonly getBuiltinModule: (id: string) => unknown
}

export interface NodeApi {
  readonly files: Files
  readonly paths: Paths
  readonly process: Process
  readonly hostname: string
  /** throws unless it is a file: URL of this system */
  readonly fromUrl: (url: string) => string
}

/** Throws outside Node; `instead` names the function to use there. */
export const nodeOf = (who: string, instead: string): NodeApi => {
  const { process } = globalThis as { readonly process?: Partial<Process> }
  if (process?.getBuiltinModule?.('node:fs/promises') === undefined) throw needsNode(who, instead)
  const node = process as Process
  return {
    files: node.getBuiltinModule('node:fs/promises') as Files,
    paths: node.getBuiltinModule('node:path') as Paths,
    process: node,
    hostname: (node.getBuiltinModule('node:os') as { readonly hostname: () => string }).hostname(),
    fromUrl: (node.getBuiltinModule('node:url') as { readonly fileURLToPath: NodeApi['fromUrl'] }).fileURLToPath,
  }
}

/** A path or file: URL as an absolute path, since the working directory may change while a file is written. */
export const pathOf = ({ paths, process, fromUrl }: NodeApi, who: string, given: unknown): string => {
  const text = given instanceof URL ? given.href : given
  if (typeof text !== 'string' || text === '' || text.includes('\0')) throw notAPath(who, given)
  // At least two letters before the colon: C:/ is a drive on Windows.
  if (given instanceof URL || /^[a-z][\w+.-]+:\/\//i.test(text)) {
    try {
      return fromUrl(text)
    } catch {
      throw notAPath(who, given)
    }
  }
  if (paths.isAbsolute(text)) return text
  // Not normalised except on Windows: behind a symbolic link, `a/..` is not the current directory.
  return process.platform === 'win32' ? paths.resolve(text) : `${process.cwd()}${paths.sep}${text}`
}

/** The code of a system error, such as ENOENT. */
export const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''

/** The result of the promise, or undefined if it fails with one of these codes. */
export const unless = async <A>(promise: Promise<A>, ...codes: readonly string[]): Promise<A | undefined> => {
  try {
    return await promise
  } catch (cause) {
    if (codes.includes(codeOf(cause))) return undefined
    throw cause
  }
}
