/**
 * Bytes that somebody else made: what is read from them is a tree or an error of ours, in bounded memory and with a
 * short message, and no tensor is left.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import {
  disposeTree,
  fromNamedTensors,
  fromSafetensors,
  loadTree,
  readSafetensors,
  toNamedTensors,
  toSafetensors,
} from '../../lib/index.js'
import { childEnv } from '../childEnv.js'
import { useBackend } from '../setup.js'

await useBackend('cpu')
const tree = () => ({
  params: { w: tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), b: tf.tensor1d([7, 8, 9]) },
  state: Object.freeze([Object.freeze({ count: 3, mu: tf.tensor1d([1, 2], 'int32'), on: true, name: 'x' })]),
})
const like = tree()
const whole = await toSafetensors(like, { metadata: { note: 'mine' } })

/** Runs and says what came of it: nothing, or what is wrong with the error. */
const fault = (error: unknown): string => {
  if (!(error instanceof Error)) return 'not an Error'
  if (!/^(Value|Type|Runtime)Error$/.test(error.name)) return `${error.name}: ${error.message}`
  if (!/^(readSafetensors|fromSafetensors|fromNamedTensors|loadTree)\b.*?: /.test(error.message)) return error.message
  return error.message.length > 1000 ? `${error.message.length} characters` : ''
}
const faultOf = async (run: () => unknown): Promise<string> => {
  const before = tf.memory().numTensors
  try {
    disposeTree(await run())
  } catch (error) {
    const wrong = fault(error)
    if (wrong !== '') return wrong
  }
  return tf.memory().numTensors === before ? '' : 'tensors are left'
}

const folder = mkdtempSync(join(tmpdir(), 'tfjs-optax-hostile-'))
t.teardown(() => rmSync(folder, { recursive: true }))

/** What may be put in anywhere: pieces of headers that are wrong in their own ways. */
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc
    .oneof(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '"',
        '\\',
        ',',
        ':',
        '-',
        '1e999',
        'null',
        '"\\ud800"',
        '"__proto__":',
        '"__metadata__":',
        '"__host__"',
        '"constructor"',
        '9007199254740993',
        '"F32"',
        '"I64"',
        '"shape":[0]',
        '"data_offsets":[0,0]',
      ),
      fc.json(),
      fc
        .tuple(fc.constantFrom('[', '{"a":', '-', '"', '\\', ' ', '0,', '-1,'), fc.nat(3000))
        .map(([s, n]) => s.repeat(n)),
    )
    .map(text => Buffer.from(text)),
)
const change = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bits: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), piece, keep: fc.boolean() }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.nat(40), keep: fc.boolean() }),
  fc.record({
    kind: fc.constant('copy' as const),
    at: fc.nat(),
    from: fc.nat(),
    length: fc.nat(200),
    keep: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('length' as const), length: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ kind: fc.constant('length' as const), length: fc.bigInt({ min: 0n, max: 900n }) }),
)
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never

/** A changed copy; with `keep`, the length of the header is made to fit again, so that its text is read. */
const apply = (bytes: Buffer, change: Change): Buffer => {
  if (bytes.length < 9) return bytes
  const header = Number(bytes.readBigUInt64LE() & 0xffffffffn)
  const fitted = (changed: Buffer, at: number, keep: boolean): Buffer => {
    const result = Buffer.from(changed)
    if (keep && at < 8 + header && result.length >= 8)
      result.writeBigUInt64LE(BigInt(Math.max(0, header + result.length - bytes.length)))
    return result
  }
  switch (change.kind) {
    case 'flip': {
      const result = Buffer.from(bytes)
      const at = change.at % bytes.length
      result[at] = (result[at] ?? 0) ^ change.bits
      return result
    }
    case 'insert': {
      const at = 8 + (change.at % (bytes.length - 8))
      return fitted(Buffer.concat([bytes.subarray(0, at), change.piece, bytes.subarray(at)]), at, change.keep)
    }
    case 'cut': {
      const at = 8 + (change.at % (bytes.length - 8))
      return fitted(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.length)]), at, change.keep)
    }
    case 'copy': {
      const at = 8 + (change.at % (bytes.length - 8))
      const from = 8 + (change.from % (bytes.length - 8))
      const piece = bytes.subarray(from, from + change.length)
      return fitted(Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]), at, change.keep)
    }
    case 'length': {
      const result = Buffer.from(bytes)
      result.writeBigUInt64LE(change.length)
      return result
    }
  }
}

t.test('random corruptions', async test => {
  let errors = 0
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async changes => {
      const bytes = changes.reduce(apply, Buffer.from(whole))
      const path = join(folder, 'file')
      writeFileSync(path, bytes)
      const before = errors
      for (const run of [
        () => readSafetensors(bytes).tensors,
        () => fromSafetensors(bytes, like),
        () => loadTree(path, like),
      ]) {
        const wrong = await faultOf(() => {
          errors++
          return run()
        })
        if (wrong !== '') throw new Error(wrong)
      }
      // Both ways of reading agree.
      const [one, other] = await Promise.all([
        said(() => fromSafetensors(bytes, like)),
        said(() => loadTree(path, like)),
      ])
      if (one !== other) throw new Error(`${one}\n${other}`)
      return errors > before
    }),
    { numRuns: 600 },
  )
  test.pass('each is a tree or an error of ours')
})

/** The error's message after its first words, or that there is none. */
const said = async (run: () => unknown): Promise<string> => {
  try {
    disposeTree(await run())
    return 'a tree'
  } catch (error) {
    return (error as Error).message.replace(/^\w+( \S+)?: /, '')
  }
}

const text = (n: number, from: (i: number) => string): string => Array.from({ length: n }, (_, i) => from(i)).join(',')
const million = 1_000_000
const entry = (name: string, shape = '[0]', offsets = '[0,0]'): string =>
  `"${name}":{"dtype":"U8","shape":${shape},"data_offsets":${offsets}}`

/** Headers that are large, deep, or have a fault a million times. */
const headers: Readonly<Record<string, () => string>> = {
  'a million sizes that are negative': () => `{${entry('w', `[${text(million, () => '-1')}]`)}}`,
  'a million tensors with a size that is none': () => `{${text(million / 4, i => entry(`w${i}`, '[-1]'))}}`,
  'a million sizes that are 0': () => `{${entry('w', `[${text(million, () => '0')}]`)}}`,
  'a million members that are no tensors': () => `{${text(million, i => `"${i}":0`)}}`,
  'a million fields': () => `{"w":{${text(million, i => `"${i}":0`)}}}`,
  'a million texts that are numbers': () => `{"__metadata__":{${text(million, i => `"${i}":0`)}}}`,
  'a million leaves that are not there': () =>
    `{"__metadata__":{"__host__":${JSON.stringify(`[${text(million, () => '"x"')}]`)}}}`,
  'a million leaves that are numbers': () =>
    `{"__metadata__":{"__host__":${JSON.stringify(`[${text(million, () => '0')}]`)}}}`,
  'leaves in lists in lists': () => `{"__metadata__":{"__host__":${JSON.stringify('['.repeat(million))}}}`,
  'a count of a million digits': () => `{"__metadata__":{"count":"${'7'.repeat(million)}"}}`,
  'a count that is a long text': () =>
    `{"__metadata__":{"count":${JSON.stringify(JSON.stringify('x'.repeat(million)))}}}`,
  'a hundred thousand tensors left over': () => `{${text(million / 10, i => entry(`${'x'.repeat(20)}${i}`))}}`,
  'a name of a million characters': () => `{${entry('x'.repeat(million), '[1]')}}`,
  'a dtype of a million characters': () => `{"w":{"dtype":"${'x'.repeat(million)}","shape":[],"data_offsets":[0,0]}}`,
  'lists in lists': () => `{"w":${'['.repeat(million)}${']'.repeat(million)}}`,
  'sizes in lists in lists': () => `{${entry('w', `${'['.repeat(million)}${']'.repeat(million)}`)}}`,
  'records in records': () => `{"w":${'{"w":'.repeat(million)}1${'}'.repeat(million)}}`,
  'lists that never end': () => '{"w":' + '['.repeat(million),
  'a text that never ends': () => '{"w":"' + 'x'.repeat(million),
  'quotes alone': () => '{' + '"'.repeat(million),
  backslashes: () => '{"' + '\\'.repeat(million),
  spaces: () => '{' + ' '.repeat(million),
  'one name a million times': () => `{${text(million, () => '"w":0')}}`,
}

t.test('large headers in little memory', async test => {
  // In a program with a heap of 160 MB, of which tfjs takes 40; a million messages would need ten times as much.
  const probe = `
    import '@tensorflow/tfjs-backend-cpu'
    import * as tf from '@tensorflow/tfjs-core'
    import { fromSafetensors, readSafetensors } from ${JSON.stringify(resolve('lib/index.ts'))}
    tf.enableProdMode()
    await tf.setBackend('cpu')
    const million = ${million}
    const text = ${text.toString()}
    const entry = ${entry.toString()}
    const headers = {${Object.entries(headers)
      .map(([name, make]) => `${JSON.stringify(name)}: ${make.toString()}`)
      .join(',')}}
    for (const [name, make] of Object.entries(headers)) {
      const header = Buffer.from(make())
      const bytes = Buffer.alloc(8 + header.length)
      bytes.writeBigUInt64LE(BigInt(header.length))
      header.copy(bytes, 8)
      const said = [() => readSafetensors(bytes), () => fromSafetensors(bytes, { count: 1 })].map(run => {
        try { tf.tidy(() => void run()); return 'a tree' } catch (error) { return error.name + ' ' + error.message }
      })
      console.log(JSON.stringify([name, ...said]))
    }`
  const { out, err, code } = await program(['--max-old-space-size=160', '--input-type=module', '--eval', probe])
  test.equal(code, 0, err)
  const lines = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as [name: string, ...said: string[]])
  test.strictSame(
    lines.map(([name]) => name),
    Object.keys(headers),
  )
  for (const [name, read, from] of lines) {
    test.match(read, /^a tree$|^ValueError readSafetensors: .{5,600}$/, name)
    test.match(from, /^ValueError fromSafetensors: .{5,600}$/, name)
  }
})

const program = (args: readonly string[]) =>
  new Promise<{ readonly out: string; readonly err: string; readonly code: number | null }>((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', ...args], { env: childEnv() })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString().slice(0, 2000)))
    child.on('error', reject)
    child.on('close', code => {
      resolve({ out, err, code })
    })
  })

t.test('lists of named tensors, and names that are long', async test => {
  const named = toNamedTensors(like)
  const long = 'x'.repeat(million)
  const scalar = (value: string) => tf.scalar(value)
  const lists: Readonly<Record<string, readonly unknown[]>> = {
    'a name of a million characters': [{ name: long, tensor: like.params.b }],
    'the same twice': [...named, ...[1, 2].map(() => ({ name: long, tensor: like.params.b }))],
    'many left over': [
      ...named,
      ...Array.from({ length: million / 10 }, (_, i) => ({ name: `${i}`, tensor: like.params.b })),
    ],
    'a long text for a count': named.map(one =>
      one.name === 'state.0.count' ? { ...one, tensor: scalar(long) } : one,
    ),
    'many digits for a count': named.map(one =>
      one.name === 'state.0.count' ? { ...one, tensor: scalar('7'.repeat(million)) } : one,
    ),
    'many that are none': Array.from({ length: million }, () => 0),
  }
  for (const [what, list] of Object.entries(lists))
    test.equal(await faultOf(() => fromNamedTensors(list as never, like)), '', what)
  const bytes = await toSafetensors(like)
  for (const rename of [() => long, (path: string) => long + path, () => [long] as never, () => '' as never])
    test.equal(await faultOf(() => fromSafetensors(bytes, like, { rename })), '', 'renamed')
  expectBounded(test, { [long]: like.params.b, a: () => 1 })
})

const expectBounded = (test: Test, tree: object): void => {
  test.throws(() => toNamedTensors(tree), { message: /^.{10,600}$/ })
}
