/** Replaces a file whole or not at all: the new one is written beside it, flushed to the disk, and renamed. */
import { notAFile } from '../errors/files.js'
import { removeLeftovers, temporaryName } from './leftovers.js'
import { codeOf, unless, type FileHandle, type Files, type NodeApi, type Stats } from './node.js'

/** Writes the content to an open file. It may be called more than once. */
export type Write = (to: FileHandle) => Promise<void>

/** How often a file is written at most, if another machine takes the temporary file for a leftover and removes it. */
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
      await files.rm(temporary, { force: true }).catch(() => undefined) // the first failure is the one to report
      throw cause
    }
    await files.rm(temporary, { force: true })
  }
  await flushFolder(node, folder)
}

/** The path behind symbolic links, the last of which may point to a file that does not exist yet. */
const linked = async (node: NodeApi, path: string): Promise<string> => {
  const { files, paths } = node
  const real = await unless(files.realpath(path), 'ENOENT')
  if (real !== undefined) return real
  const link = await unless(files.readlink(path), 'ENOENT', 'EINVAL', 'UNKNOWN')
  if (link === undefined) return path
  if (paths.isAbsolute(link)) return linked(node, link)
  return linked(node, `${await files.realpath(paths.dirname(path))}${paths.sep}${link}`)
}

/**
 * The stats of the old file, if any; throws unless it is a file that may be written. A rename would need permission for
 * the folder only.
 */
const writable = async (files: Files, who: string, target: string): Promise<Stats | undefined> => {
  const old = await unless(files.stat(target), 'ENOENT')
  if (old === undefined) return old
  if (!old.isFile()) throw notAFile(who, target, kindOf(old))
  await (await files.open(target, 'r+')).close()
  return old
}

/** The kind of something that is not a regular file, in words. */
export const kindOf = (stats: Stats): string => (stats.isDirectory() ? 'a folder' : 'a device, a pipe or a socket')

/** Writes a new file with the owner and mode of the old one. Until it has them, no other user can read it. */
const fill = async (files: Files, path: string, old: Stats | undefined, write: Write): Promise<void> => {
  const handle = await files.open(path, 'wx', old === undefined ? 0o666 : 0o600)
  try {
    await write(handle)
    if (old !== undefined) {
      const { uid, gid } = await handle.stat()
      // Only root may give a file away; for other users the new file is their own.
      if (uid !== old.uid || gid !== old.gid) await unless(handle.chown(old.uid, old.gid), 'EPERM')
      await handle.chmod(old.mode & 0o7777)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Renames the file. If the file is gone, returns false if it can be written `again`, and throws otherwise. */
const moved = async (node: NodeApi, from: string, to: string, again: boolean): Promise<boolean> => {
  const { files, process } = node
  for (let wait = 10; ; wait *= 2) {
    try {
      await files.rename(from, to)
      return true
    } catch (cause) {
      const code = codeOf(cause)
      if (again && code === 'ENOENT') return false
      // On Windows a file cannot be replaced while a program, such as a virus scanner, has it open.
      if (process.platform !== 'win32' || wait > 1000 || !['EPERM', 'EACCES', 'EBUSY'].includes(code)) throw cause
      await new Promise(resolve => setTimeout(resolve, wait))
    }
  }
}

/** Makes the rename survive a loss of power. Windows and some network disks cannot flush a folder. */
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
