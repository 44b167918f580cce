/** Temporary files, and what is left of them after a crash: their names tell who wrote them. */
import type { Files, NodeApi } from './node.js'

const prefix = '.tfjs-optax'
const hour = 3_600_000
const pattern = /^\.tfjs-optax-(.*)-(\d+)-(\d+)-[0-9a-f]+\.tmp$/

/** Only what any file system takes in a name, and short enough for all of them. */
const hostIn = (hostname: string): string => hostname.replace(/[^\w.]/g, '').slice(0, 40)

/** A fresh name beside any target: of fixed length, since a target's own name may have the most that a name can have. */
export const temporaryName = ({ process, hostname }: NodeApi): string =>
  [prefix, hostIn(hostname), process.pid, Date.now(), globalThis.crypto.randomUUID().slice(0, 8)].join('-') + '.tmp'

/** Removes the temporary files of processes that are gone. A folder that cannot be listed or changed stays as it is. */
export const removeLeftovers = async (node: NodeApi, folder: string): Promise<void> => {
  const { files, paths } = node
  const names = await files.readdir(folder).catch(() => []) // the save itself says what is wrong with the folder
  for (const name of names.filter(name => name.startsWith(prefix))) {
    const path = `${folder}${paths.sep}${name}`
    // Another save may have been faster, or it belongs to somebody else: no reason for this one to fail.
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

/** A process of another machine, or one of a number used again: it would have written something within an hour. */
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
