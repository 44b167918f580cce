/** Files of trees: replaced whole or not at all, whatever stands at the path, whoever else writes, whenever it ends. */
import { randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import * as files from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { adamw, loadTree, makeStep, readSafetensors, saveTree, toSafetensors } from '../../lib/index.js'
import { leftBehind, numbers, useBackend } from '../setup.js'

await useBackend('cpu')

const folderOf = (test: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-optax-io-'))
  test.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
const treeOf = (count: number) => ({ count, w: tf.tensor1d([count, -count]), b: tf.tensor1d([true, false], 'bool') })
const like = { count: 0, w: tf.zeros([2]), b: tf.zeros([2], 'bool') }

/** The count of the tree in a file, which is whole. */
const countIn = async (test: Test, path: string | URL): Promise<number> => {
  const { count, w, b } = await loadTree(path, like)
  test.strictSame(numbers(w), [count, -count])
  tf.dispose([w, b])
  return count
}
const save = async (path: string | URL, count: number): Promise<void> => {
  const tree = treeOf(count)
  try {
    await saveTree(path, tree)
  } finally {
    tf.dispose([tree.w, tree.b])
  }
}

const refuses = async (
  test: Test,
  what: string,
  run: () => Promise<unknown>,
  expected:
    { readonly name?: string; readonly code: string } | { readonly name?: string; readonly message: string | RegExp },
): Promise<void> => {
  const left = await leftBehind(() => test.rejects(run(), expected, what))
  test.equal(left, 0, `${what}: leaks nothing`)
}

const { getBuiltinModule } = process
type Open = (...args: Parameters<typeof files.open>) => Promise<unknown>
/** Node's files with some of their functions replaced, for the time of `run`. */
const withFiles = async (changed: object, run: () => Promise<unknown>): Promise<void> => {
  const changedFiles = { ...files, ...changed }
  const builtin = (id: string): unknown => (id === 'node:fs/promises' ? changedFiles : getBuiltinModule(id))
  Object.assign(process, { getBuiltinModule: builtin })
  try {
    await run()
  } finally {
    Object.assign(process, { getBuiltinModule })
  }
}
const withPlatform = async (platform: string, run: () => Promise<unknown>): Promise<void> => {
  const own = Object.getOwnPropertyDescriptor(process, 'platform')!
  Object.defineProperty(process, 'platform', { ...own, value: platform })
  try {
    await run()
  } finally {
    Object.defineProperty(process, 'platform', own)
  }
}
const systemError = (code: string): Error => Object.assign(new Error(`${code}: as the system says it`), { code })

t.test('a file is written, written over, and read', async test => {
  const folder = folderOf(test)
  const path = join(folder, 'state.safetensors')
  const tree = treeOf(1)
  await saveTree(path, tree, { metadata: { epoch: '1' } })
  test.equal(await countIn(test, path), 1)
  test.equal(readSafetensors(readFileSync(path)).metadata['epoch'], '1')
  test.ok(readFileSync(path).equals(await toSafetensors(tree, { metadata: { epoch: '1' } })), 'the bytes of the other')
  await save(path, 2)
  test.equal(await countIn(test, path), 2)
  await Promise.all([3, 4, 5].map(count => save(path, count)))
  test.ok((await countIn(test, path)) > 2, 'at the same time')
  test.strictSame(readdirSync(folder), ['state.safetensors'])

  // Values are those of the call, though tensors are read one after the other.
  const tx = adamw(0.1)
  const step = makeStep(tx, { donate: true })
  const params = { a: tf.tensor1d([1, 2]), b: tf.tensor1d([3, 4]) }
  const state = tx.init(params)
  const saving = saveTree(path, { params, state })
  const grads = { a: tf.ones([2]), b: tf.ones([2]) }
  const after = step(params, grads, state)
  await saving
  const loaded = await loadTree(path, { params: after[0], state: after[1] })
  test.strictSame(
    [numbers(loaded.params.a), numbers(loaded.params.b)],
    [
      [1, 2],
      [3, 4],
    ],
  )
  test.equal(loaded.state[0].count, 0)
})

t.test('a failure changes nothing and leaves nothing', async test => {
  const folder = folderOf(test)
  const path = join(folder, 'state.safetensors')
  await save(path, 1)
  const old = readFileSync(path)
  const failing = (fault: string, error: Error): { readonly open: Open; readonly rename: typeof files.rename } => ({
    open: async (...args) => {
      const handle = await files.open(...args)
      // The second write is that of the first tensor: half of it is on the disk.
      let writes = 0
      const writeFile = async (bytes: Uint8Array): Promise<void> => {
        const fails = fault === 'writeFile' && ++writes === 2
        await handle.writeFile(fails ? bytes.subarray(0, 3) : bytes)
        if (fails) throw error
      }
      return new Proxy(handle, {
        get: (target, name) => {
          if (name === 'writeFile') return writeFile
          const member: unknown = Reflect.get(target, name)
          if (typeof member !== 'function') return member
          return async (...given: unknown[]): Promise<unknown> => {
            const result: unknown = await Reflect.apply(member, target, given)
            if (name === fault && args[1] === 'wx') throw error
            return result
          }
        },
      })
    },
    rename: (from, to) => (fault === 'rename' ? Promise.reject(error) : files.rename(from, to)),
  })
  for (const fault of ['writeFile', 'chmod', 'sync', 'close', 'rename']) {
    const error = systemError('ENOSPC')
    await withFiles(failing(fault, error), () => refuses(test, fault, () => save(path, 9), { code: 'ENOSPC' }))
    test.strictSame(readdirSync(folder), ['state.safetensors'], `${fault}: no file left beside`)
    test.ok(old.equals(readFileSync(path)), `${fault}: the old file is whole`)
  }
  const rm = () => Promise.reject(new Error('rm'))
  await withFiles({ ...failing('rename', systemError('EIO')), rm }, () =>
    refuses(test, 'the first failure is told', () => save(path, 9), { code: 'EIO' }),
  )
  await save(path, 2)

  const lost = tf.tensor1d([1])
  const read = new Error('the device is lost')
  lost.data = () => Promise.reject(read)
  const share = tf.engine().runKernel.bind(tf.engine())
  test.teardown(() => Object.assign(tf.engine(), { runKernel: share }))
  Object.assign(tf.engine(), { runKernel: () => lost })
  const before = readdirSync(folder)
  await test.rejects(saveTree(path, { w: tf.tensor1d([1]) }), read, 'a tensor that cannot be read')
  Object.assign(tf.engine(), { runKernel: share })
  test.equal(await countIn(test, path), 2)
  test.strictSame(readdirSync(folder), before)
})

t.test('outside Node, and wrong paths', async test => {
  const folder = folderOf(test)
  const path = join(folder, 'x')
  Object.assign(process, { getBuiltinModule: undefined })
  await refuses(test, 'save outside Node', () => save(path, 1), {
    name: 'RuntimeError',
    message: 'saveTree: files need Node 20.16 or later; elsewhere use toSafetensors',
  })
  await refuses(test, 'load outside Node', () => loadTree(path, like), {
    message: 'loadTree: files need Node 20.16 or later; elsewhere use fromSafetensors',
  })
  Object.assign(process, { getBuiltinModule })
  for (const [given, got] of [
    ['', '""'],
    ['a\0b', '"a\\u0000b"'],
    [null, 'null'],
    [7, '7'],
    [Buffer.from('x'), 'a Buffer'],
    ['https://example.com/x', '"https://example.com/x"'],
    [new URL('https://example.com/x'), 'https://example.com/x'],
    [new URL('file:///a%2Fb'), 'file:///a%2Fb'],
  ] as const)
    for (const [who, run] of [
      ['saveTree', () => save(given as never, 1)],
      ['loadTree', () => loadTree(given as never, like)],
    ] as const)
      await refuses(test, `${who} ${got}`, run, {
        name: 'TypeError',
        message: `${who}: path must be a path or a file: URL, got ${got}`,
      })
  await refuses(test, 'a folder that is not there', () => save(join(folder, 'no', 'x'), 1), { code: 'ENOENT' })
  await refuses(test, 'a name that ends as a folder', () => save(`${folder}/no/`, 1), { message: /ENOENT|ENOTDIR/ })
  writeFileSync(path, 'short')
  await refuses(test, 'a folder that is a file', () => save(join(path, 'x'), 1), { code: 'ENOTDIR' })
  for (const [what, given] of [
    ['a folder', folder],
    ['a device, a pipe or a socket', '/dev/null'],
  ] as const) {
    await refuses(test, what, () => save(given, 1), {
      name: 'ValueError',
      message: `saveTree: ${given} must be a file, got ${what}`,
    })
    await refuses(test, what, () => loadTree(given, like), {
      message: `loadTree: ${given} must be a file, got ${what}`,
    })
  }
  await refuses(test, 'a tree that cannot be stored', () => saveTree(path, { f: () => 1 }), {
    message: 'saveTree: leaf f must be a tensor, number, boolean, string or null, got a function',
  })
  await refuses(test, 'no file', () => loadTree(join(folder, 'no'), like), { code: 'ENOENT' })
  await refuses(test, 'a damaged file', () => loadTree(path, like), {
    message: `loadTree ${path}: it is cut short: expected at least 8 bytes, got 5`,
  })
  test.strictSame(readdirSync(folder), ['x'])
  test.equal(readFileSync(path, 'utf8'), 'short')
})

t.test('names as long as they may be, relative paths and URLs', async test => {
  const folder = folderOf(test)
  for (const length of [214, 215, 230, 254, 255]) {
    const path = join(folder, 'ü'.repeat(20) + 'x'.repeat(length - 40))
    for (const count of [1, 2]) await save(path, count)
    test.equal(await countIn(test, path), 2, `${length} bytes`)
  }
  await refuses(test, '256 bytes', () => save(join(folder, 'x'.repeat(256)), 1), { code: 'ENAMETOOLONG' })
  test.equal(readdirSync(folder).length, 5)

  const path = join(folder, 'a b#%?é')
  const url = pathToFileURL(path)
  await save(url, 3)
  test.equal(await countIn(test, url.href), 3, 'the text of a URL')
  await save(url.href, 4)
  test.equal(await countIn(test, relative('.', path)), 4, 'a relative path')
  test.equal(await countIn(test, url), 4)
  const home = process.cwd()
  test.teardown(() => process.chdir(home))
  process.chdir(folder)
  const saving = save('here', 5)
  process.chdir(home)
  await saving
  test.equal(await countIn(test, join(folder, 'here')), 5, 'where the call was made')
})

t.test('links and modes', async test => {
  const folder = folderOf(test)
  const at = (name: string): string => join(folder, name)
  await files.mkdir(at('deep'))
  await save(at('deep/file'), 1)
  await files.chmod(at('deep/file'), 0o640)
  symlinkSync('deep/file', at('link'))
  symlinkSync(at('link'), at('second'))
  symlinkSync('deep', at('folder'))
  await save(at('second'), 2)
  await save(at('folder/other'), 3)
  test.ok((await files.lstat(at('link'))).isSymbolicLink() && (await files.lstat(at('second'))).isSymbolicLink())
  test.equal(await countIn(test, at('deep/file')), 2)
  test.equal(await countIn(test, at('deep/other')), 3)
  test.equal(statSync(at('deep/file')).mode & 0o7777, 0o640, 'the mode stays')
  writeFileSync(at('usual'), '')
  test.equal(statSync(at('deep/other')).mode, statSync(at('usual')).mode, 'a new file has the usual one')

  symlinkSync('deep/new', at('dangling'))
  symlinkSync('../dangling', at('deep/far'))
  await save(at('deep/far'), 4)
  test.ok((await files.lstat(at('dangling'))).isSymbolicLink())
  test.equal(await countIn(test, at('deep/new')), 4, 'a link to what is not there yet')
  symlinkSync('nowhere/x', at('lost'))
  await refuses(test, 'a link into no folder', () => save(at('lost'), 1), { code: 'ENOENT' })
  symlinkSync('round', at('round'))
  await refuses(test, 'a link to itself', () => save(at('round'), 1), { code: 'ELOOP' })

  await files.link(at('deep/file'), at('hard'))
  await save(at('hard'), 5)
  test.equal(await countIn(test, at('hard')), 5)
  test.equal(await countIn(test, at('deep/file')), 2, 'the other name of a hard link keeps the old content')
  test.notOk(readdirSync(folder, { recursive: true, encoding: 'utf8' }).some(name => name.includes('.tmp')))

  const own = statSync(at('hard'))
  const asked: (readonly number[])[] = []
  const open: Open = async (...args) => {
    const handle = await files.open(...args)
    return new Proxy(handle, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (name === 'stat') return async () => Object.assign(await target.stat(), { uid: own.uid + 1 })
        if (name === 'chown')
          return (...ids: number[]) => {
            asked.push(ids)
            return Promise.reject(systemError('EPERM'))
          }
        return typeof member === 'function'
          ? (...given: unknown[]): unknown => Reflect.apply(member, target, given)
          : member
      },
    })
  }
  await withFiles({ open }, () => save(at('hard'), 6))
  test.strictSame(asked, [[own.uid, own.gid]], 'the owner is asked for, and need not be given')
  test.equal(await countIn(test, at('hard')), 6)
})

t.test('what may not be written is not replaced', { skip: process.platform === 'win32' }, async test => {
  const folder = folderOf(test)
  const path = join(folder, 'kept')
  await save(path, 1)
  await files.chmod(path, 0o444)
  await files.chmod(folder, 0o777)
  // To root everything may be written.
  const root = process.geteuid?.() === 0
  if (root) process.seteuid?.(65534)
  try {
    await refuses(test, 'a read-only file', () => save(path, 2), { code: 'EACCES' })
    await save(join(folder, 'other'), 3)
    await files.chmod(join(folder, 'other'), 0o600)
    if (root) process.seteuid?.(0)
    await files.chmod(folder, 0o555)
    if (root) process.seteuid?.(65534)
    await refuses(test, 'a read-only folder', () => save(join(folder, 'other'), 4), { code: 'EACCES' })
    await refuses(test, 'a new file in it', () => save(join(folder, 'new'), 4), { code: 'EACCES' })
    if (root) process.seteuid?.(0)
    await files.chmod(folder, 0o333)
    if (root) process.seteuid?.(65534)
    await save(join(folder, 'other'), 5)
    test.equal(await countIn(test, join(folder, 'other')), 5, 'a folder that cannot be listed')
  } finally {
    if (root) process.seteuid?.(0)
    await files.chmod(folder, 0o777)
  }
  test.equal(await countIn(test, path), 1)
  test.strictSame(readdirSync(folder).sort(), ['kept', 'other'])
})

t.test('leftovers of the dead are removed, those of the living are not', async test => {
  const folder = folderOf(test)
  const path = join(folder, 'state')
  const host = hostname()
    .replace(/[^\w.]/g, '')
    .slice(0, 40)
  const dead = 2 ** 22 + 1 // more than Linux has
  const leave = (host: string, pid: number, made: number, age = 0): Promise<string> => {
    const name = `.tfjs-optax-${host}-${pid}-${made}-${randomUUID().slice(0, 8)}.tmp`
    writeFileSync(join(folder, name), 'half')
    const then = new Date(Date.now() - age)
    return files.utimes(join(folder, name), then, then).then(() => name)
  }
  const now = Date.now()
  const hours = 2 * 3_600_000
  const gone = await Promise.all([
    leave(host, dead, now),
    leave(host, process.pid, now - 48 * 3_600_000), // of an earlier process with our number, as in a container
    leave(host, process.ppid, now - hours, hours),
    leave('another-machine', process.pid, now - hours, hours),
  ])
  const kept = await Promise.all([
    leave(host, process.pid, now),
    leave(host, process.ppid, now),
    leave('another-machine', dead, now),
  ])
  const foreign = ['.tfjs-optax-notes.tmp', '.tfjs-optax', 'x.tmp', `state.${randomUUID()}.tmp`]
  foreign.forEach(name => writeFileSync(join(folder, name), 'mine'))
  await files.mkdir(join(folder, `.tfjs-optax-${host}-${dead}-1-0.tmp`))
  await save(path, 1)
  const names = readdirSync(folder)
  test.notOk(names.some(name => gone.includes(name)))
  test.strictSame(names.sort(), [...kept, ...foreign, `.tfjs-optax-${host}-${dead}-1-0.tmp`, 'state'].sort())
  test.equal(await countIn(test, path), 1)
})

t.test('a temporary file that another machine took away is written anew', async test => {
  const folder = folderOf(test)
  const path = join(folder, 'state')
  let times = 0
  const thief = (most: number) => ({
    rename: async (from: string, to: string) => {
      if (++times <= most) await files.rm(from)
      await files.rename(from, to)
    },
  })
  await withFiles(thief(2), () => save(path, 1))
  test.equal(await countIn(test, path), 1)
  times = 0
  await withFiles(thief(9), () => refuses(test, 'again and again', () => save(path, 2), { code: 'ENOENT' }))
  test.equal(times, 3)
  test.equal(await countIn(test, path), 1)

  const vanishing = {
    rename: async (from: string, to: string) => {
      rmSync(folder, { recursive: true })
      await files.rename(from, to)
    },
  }
  await withFiles(vanishing, () => refuses(test, 'a folder that vanishes', () => save(path, 3), { code: 'ENOENT' }))
  test.notOk(existsSync(folder))
})

t.test('as Windows and network disks behave', async test => {
  const folder = folderOf(test)
  const path = join(folder, 'state')
  const busy = (most: number) => {
    let times = 0
    return (from: string, to: string) =>
      ++times <= most ? Promise.reject(systemError('EPERM')) : files.rename(from, to)
  }
  const noFolders: Open = (name, flags, mode) =>
    name === folder ? Promise.reject(systemError('EISDIR')) : files.open(name, flags, mode)
  await withPlatform('win32', () => withFiles({ rename: busy(2), open: noFolders }, () => save(path, 1)))
  test.equal(await countIn(test, path), 1, 'a scanner that lets go')
  await withFiles({ rename: busy(1) }, () =>
    refuses(test, 'elsewhere it is an error', () => save(path, 2), { code: 'EPERM' }),
  )
  const syncFails =
    (code: string): Open =>
    async (...args) => {
      const handle = await files.open(...args)
      if (args[0] === folder) handle.sync = () => Promise.reject(systemError(code))
      return handle
    }
  await withFiles({ open: syncFails('EINVAL') }, () => save(path, 3))
  test.equal(await countIn(test, path), 3, 'a folder that cannot be flushed')
  await withFiles({ open: syncFails('EIO') }, () =>
    refuses(test, 'a broken disk', () => save(path, 4), { code: 'EIO' }),
  )
  test.strictSame(readdirSync(folder), ['state'])
})

t.test('files are read and written in parts of at most 64 MiB', async test => {
  const folder = folderOf(test)
  const path = join(folder, 'large')
  const values = new Float32Array(2 ** 24 + 1)
  for (const [i, place] of [0, 12_500_000, 2 ** 24 - 1, 2 ** 24].entries()) values[place] = i + 1
  const w = tf.tensor1d(values)
  const parts: number[] = []
  const open: Open = async (...args) => {
    const handle = await files.open(...args)
    const { read, writeFile } = handle
    handle.writeFile = (bytes: Uint8Array) => {
      parts.push(bytes.length)
      return writeFile.call(handle, bytes)
    }
    // The system may give less than was asked for, and gives at most 2 GiB.
    handle.read = ((bytes: Uint8Array, at: number, length: number, from: number) => {
      parts.push(length)
      return Reflect.apply(read, handle, [bytes, at, Math.min(length, 50_000_001), from]) as unknown
    }) as never
    return handle
  }
  await withFiles({ open }, async () => {
    await saveTree(path, { w })
    test.equal(statSync(path).size, parts[0]! + values.byteLength)
    const back = await loadTree(path, { w })
    test.ok(Buffer.from(back.w.dataSync().buffer).equals(Buffer.from(values.buffer)))
    tf.dispose(back.w)
  })
  test.ok(Math.max(...parts) <= 2 ** 26, String(Math.max(...parts)))

  const shrinking: Open = async (...args) => {
    const handle = await files.open(...args)
    handle.read = (() => Promise.resolve({ bytesRead: 0 })) as never
    return handle
  }
  await withFiles({ open: shrinking }, () =>
    refuses(test, 'a file that shrinks', () => loadTree(path, { w }), {
      message: `loadTree ${path}: it is cut short: expected 8 bytes, got 0`,
    }),
  )
})
