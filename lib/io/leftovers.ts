/** Temporary files, whose names tell which process wrote them, so that those of crashed processes can be removed. */
import type { Files, NodeApi } from './node.js'

const prefix = '.tfjs-optax'
const hour = 3_600_000
const pattern = /^\.tfjs-optax-(.*)-(\d+)-(\d+)-[0-9a-f]+\.tmp$/

/** A host name reduced to characters and a length that every file system accepts. */
const hostIn = (hostname: string): string => hostname.replace(/[^\w.]/g, '').slice(0, 40)

/** A fresh file name. It is not derived from the target's name, which may have the maximal length already. */
export const temporaryName = ({ process, hostname }: NodeApi): string =>
  [prefix, hostIn(hostname), process.pid, Date.now(), globalThis.crypto.randomUUID().slice(0, 8)].join('-') + '.tmp'

/** Removes the temporary files of processes that are gone. A folder that cannot be listed or changed stays as it is. */
export const removeLeftovers = async (node: NodeApi, folder: string): Promise<void> => {
  const { files, paths } = node
  const names = await files.readdir(folder).catch(() => []) // the save itself reports what is wrong with the folder
  for (const name of names.filter(name => name.startsWith(prefix))) {
    const path = `${folder}${paths.sep}${name}`
    // Another save may have removed it, or it belongs to another user; neither is a reason to fail.
    if (await isLeft(node, path, name)) await files.rm(path, { force: true }).catch(() => undefined)
  }
}

const isLeft = async (node: NodeApi, path: string, name: string): Promise<boolean> => {
  const [, host, pid, made] = pattern.exec(name) ?? []
  if (made === undefined) return false
  const { process, hostname, files } = node
  if (host === hostIn(hostname)) {
    if (!isAlive(node, Number(pid))) return true
    const began = Date.now() - process.uptime() * 1000
    if (Number(pid) === process.pid && Number(made) < began) return true
  }
  return isOld(files, path)
}

/**
 * For a process on another machine, or whose id is in use again: if it were alive, it would have written within an
 * hour.
 */
const isOld = async (files: Files, path: string): Promise<boolean> => {
  const stats = await files.stat(path).catch(() => undefined)
  return stats !== undefined && Date.now() - stats.mtimeMs > hour
}

const isAlive = ({ process }: NodeApi, pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return !(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')
  }
}
