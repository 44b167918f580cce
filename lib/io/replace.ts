/** A file replaced whole or not at all: written beside its target, flushed to the disk, and renamed. */
import { notAFile } from '../errors/files.js'
import { removeLeftovers, temporaryName } from './leftovers.js'
import { codeOf, unless, type FileHandle, type Files, type NodeApi, type Stats } from './node.js'

/** Writes the content to an open file. It may be asked to more than once. */
export type Write = (to: FileHandle) => Promise<void>

/** How often a file is written anew because another machine took its temporary file for a leftover. */
const attempts = 3

export const replaceFile = async (node: NodeApi, who: string, path: string, write: Write): Promise<void> => {
  const { files, paths } = node
  const target = await linked(node, path)
  const old = await writable(files, who, target)
  const folder = paths.dirname(target)
  await removeLeftovers(node, folder)
  for (let attempt = 1; ; attempt++) {
    const temporary = `${folder}${paths.sep}${temporaryName(node)}`
    try {
      await fill(files, temporary, old, write)
      if (await moved(node, temporary, target, attempt < attempts)) break
    } catch (cause) {
      await files.rm(temporary, { force: true }).catch(() => undefined) // the first failure is the one to tell
      throw cause
    }
    await files.rm(temporary, { force: true })
  }
  await flushFolder(node, folder)
}

/** Where a path leads, through links, the last of which may point to what is not there yet. */
const linked = async (node: NodeApi, path: string): Promise<string> => {
  const { files, paths } = node
  const real = await unless(files.realpath(path), 'ENOENT')
  if (real !== undefined) return real
  const link = await unless(files.readlink(path), 'ENOENT', 'EINVAL', 'UNKNOWN')
  if (link === undefined) return path
  if (paths.isAbsolute(link)) return linked(node, link)
  return linked(node, `${await files.realpath(paths.dirname(path))}${paths.sep}${link}`)
}

/** What is there: nothing, or a file that may be written. To replace it, the system would ask about the folder only. */
const writable = async (files: Files, who: string, target: string): Promise<Stats | undefined> => {
  const old = await unless(files.stat(target), 'ENOENT')
  if (old === undefined) return old
  if (!old.isFile()) throw notAFile(who, target, kindOf(old))
  await (await files.open(target, 'r+')).close()
  return old
}

/** What is no file, in words. */
export const kindOf = (stats: Stats): string => (stats.isDirectory() ? 'a folder' : 'a device, a pipe or a socket')

/** A new file with this content, and the owner and mode of the old one. Until it has them, nobody else can read it. */
const fill = async (files: Files, path: string, old: Stats | undefined, write: Write): Promise<void> => {
  const handle = await files.open(path, 'wx', old === undefined ? 0o666 : 0o600)
  try {
    await write(handle)
    if (old !== undefined) {
      const { uid, gid } = await handle.stat()
      // Only root may give a file away, so for others the new one is theirs.
      if (uid !== old.uid || gid !== old.gid) await unless(handle.chown(old.uid, old.gid), 'EPERM')
      await handle.chmod(old.mode & 0o7777)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Renames. False where the file is gone, which is an error unless `again` it can be written. */
const moved = async (node: NodeApi, from: string, to: string, again: boolean): Promise<boolean> => {
  const { files, process } = node
  for (let wait = 10; ; wait *= 2) {
    try {
      await files.rename(from, to)
      return true
    } catch (cause) {
      const code = codeOf(cause)
      if (again && code === 'ENOENT') return false
      // On Windows a file that somebody reads, such as a virus scanner, cannot be replaced for a moment.
      if (process.platform !== 'win32' || wait > 1000 || !['EPERM', 'EACCES', 'EBUSY'].includes(code)) throw cause
      await new Promise(resolve => setTimeout(resolve, wait))
    }
  }
}

/** The new name too survives a loss of power. Windows, and some network disks, cannot flush a folder and need not. */
const flushFolder = async ({ files, process }: NodeApi, folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  const handle = await unless(files.open(folder, 'r'), 'EACCES', 'EPERM')
  if (handle === undefined) return
  try {
    await unless(handle.sync(), 'EINVAL', 'ENOTSUP', 'ENOSYS', 'EBADF', 'EPERM')
  } finally {
    await handle.close()
  }
}
