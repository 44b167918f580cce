/** Kernels on memory of every kind and at every address: shared with threads, beyond 2 GB, and across that line. */
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { cpu } from '../../lib/backends/cpu/device.js'
import { useDevice } from '../../lib/backends/select.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import * as O from '../../lib/index.js'
import { extra } from '../laws/entry.js'
import { all, made } from '../laws/table.js'
import { numbers, useBackend } from '../setup.js'
import { jobs, useCounted } from './counted.js'
import { bits, bytesOf, runOn, type Job } from './onMemory.js'

const sizes = [1, 7, 8, 9, 1000]
const halfway = 2 ** 31
const pageBytes = 2 ** 16
/** What the memory of tfjs has at most; its allocator says so. */
const mostBytes = 65535 * pageBytes

/** Ordinary numbers; the longest leaves have `odd` among them. */
const treeOf = (seed: number, odd = -0) => {
  const leaves = (from: number): tf.Tensor[] =>
    sizes.map(size => {
      const data = tf.tidy(() => numbers(tf.randomNormal([size], 0, 1, 'float32', from + size)))
      return tf.tensor1d(data.map((x, i) => (i === 500 ? odd : x)))
    })
  return { a: leaves(seed), b: leaves(seed + 100) }
}

/** Three steps, fresh and donated, whose jobs are looked at before they run; `after` is what they gave. */
const eachJob = (tx: O.GradientTransformation, look: (job: Job) => (after: readonly (readonly number[])[]) => void) => {
  const steps = (donate: boolean): void => {
    tf.tidy(() => {
      const step = O.makeStep(tx, { donate })
      let params = treeOf(1, 1e-45)
      let state = tx.init(params)
      for (const odd of [1e-40, 3e38, NaN]) [params, state] = step(params, treeOf(2, odd), state, extra)
    })
  }
  steps(false) // the check at first use is no step
  const run = (job: Job): void => {
    const done = look(job)
    cpu.run(job)
    done(
      job.groups.flatMap(({ leaves }) =>
        leaves.flatMap(({ writes }) => writes.map(({ values }) => bits(Array.from(values)))),
      ),
    )
  }
  useDevice({ ...cpu, run })
  try {
    steps(false)
    steps(true)
  } finally {
    useDevice(cpu)
  }
}

/** Whether every job of the table gives at those places what it gives on cpu and on a plain memory at its beginning. */
const sameBits = (test: Test, memory: WebAssembly.Memory, starts: (job: Job) => readonly number[]): void => {
  const plain = new WebAssembly.Memory({ initial: 16 })
  for (const entry of all) {
    const faults: string[] = []
    let ran = 0
    eachJob(made(entry), job => {
      ran += 1
      const results = [
        ['plain', JSON.stringify(runOn(plain, 8, job))],
        ...starts(job).map(start => [`at ${start}`, JSON.stringify(runOn(memory, start, job))]),
      ]
      return after => {
        const want = JSON.stringify(after)
        for (const [place, got] of results) if (got !== want) faults.push(`job ${ran}, ${place}`)
      }
    })
    test.same([ran, faults], [6, []], entry.name)
  }
}

/** A memory, or why there is none. */
const memoryOf = (bytes: number, shared: boolean): WebAssembly.Memory | string => {
  try {
    return new WebAssembly.Memory({ initial: bytes / pageBytes, maximum: 65536, shared })
  } catch (cause) {
    return `no memory of ${bytes} bytes: ${String(cause)}`
  }
}

t.test('every rule of the table on shared memory: the bits of a plain one', async test => {
  await useBackend('cpu')
  const memory = memoryOf(16 * pageBytes, true)
  if (typeof memory === 'string') throw new Error(memory)
  test.ok(memory.buffer instanceof SharedArrayBuffer)
  sameBits(test, memory, () => [8])
})

for (const shared of [false, true])
  t.test(`every rule of the table beyond 2 GB, ${shared ? 'shared' : 'plain'}`, async test => {
    await useBackend('cpu')
    const memory = memoryOf(mostBytes, shared)
    if (typeof memory === 'string') {
      test.pass('not run', { skip: memory })
      return
    }
    sameBits(test, memory, job => {
      const bytes = Math.ceil(bytesOf(job) / 8) * 8
      // the table lies across the line; a tensor does; all is where the memory ends
      return [halfway - 48, halfway + 1024 - bytes, mostBytes - bytes]
    })
  })

const tfjs = () =>
  tf.backend() as unknown as {
    readonly wasm: { _malloc: (bytes: number) => number; readonly _free: (address: number) => void }
    readonly dataIdMap: { readonly get: (dataId: object) => { readonly memoryOffset: number } }
  }

/**
 * Runs `body` while nothing below `end` is to be had from tfjs; false if its memory does not reach so far. What is taken
 * meanwhile costs no real memory, since nobody touches it.
 */
const above = (end: number, body: () => void): boolean => {
  const { wasm: inner } = tfjs()
  const taken: number[] = []
  /** Takes a block that ends below; its address, or where what is free begins. */
  const take = (bytes: number): number => {
    const at = inner._malloc(bytes) >>> 0
    if (at > 0 && at + bytes <= end) taken.push(at)
    else inner._free(at)
    return at
  }
  try {
    let at = 0
    for (let bytes = 2 ** 30; bytes >= 8; bytes /= 2)
      do at = take(bytes)
      while (at > 0 && at + bytes <= end)
    if (at > 0) body()
    return at > 0
  } finally {
    taken.forEach(inner._free)
  }
}

/** What tfjs is asked for meanwhile: how many bytes, and where they are. */
const mallocs = (body: () => void): readonly (readonly [bytes: number, address: number])[] => {
  const { wasm: inner } = tfjs()
  const { _malloc } = inner
  const seen: [number, number][] = []
  inner._malloc = bytes => {
    const address = _malloc(bytes)
    seen.push([bytes, address >>> 0])
    return address
  }
  try {
    body()
  } finally {
    inner._malloc = _malloc
  }
  return seen
}

const tensorsOf = (tree: unknown): readonly tf.Tensor[] => O.tensorsOf(tree).map(([, tensor]) => tensor)
const addresses = (tree: unknown): readonly number[] =>
  tensorsOf(tree).map(({ dataId }) => tfjs().dataIdMap.get(dataId).memoryOffset)
const bitsOf = (tree: unknown): string => JSON.stringify(tensorsOf(tree).map(tensor => bits(numbers(tensor))))

/** Without the difference, which would fill pages. */
const isSame = (got: unknown, want: unknown): boolean => JSON.stringify(got) === JSON.stringify(want)

const lamb = O.chain(O.clipByGlobalNorm(1), O.kerasLamb(0.1, { weightDecay: 0.1 })) as O.GradientTransformation

/** Three steps; `stepping` runs each of them and `seen` gets what there is after it. */
const threeSteps = (
  donate: boolean,
  stepping: (run: () => void) => void = run => {
    run()
  },
  seen?: (tree: unknown) => void,
) =>
  O.tidy(() => {
    const step = O.makeStep(lamb, { donate })
    let pair: readonly [unknown, unknown] = [treeOf(5), lamb.init(treeOf(5))]
    return [10, 20, 30].map(seed => {
      const gradients = treeOf(seed)
      stepping(() => (pair = step(pair[0], gradients as never, pair[1], extra)))
      seen?.([gradients, pair])
      return bitsOf(pair)
    })
  })

/** What `matMul` gives before and after its weights, which it keeps packed, are written over. */
const products = (): unknown =>
  O.tidy(() => {
    const [tx, x] = [O.scale(-1), tf.tensor2d([[1, 2]])]
    let w = tf.tensor2d([1, 0, 0, 1], [2, 2])
    return [0, 1].map(() => {
      const product = numbers(tf.matMul(x, w))
      ;[w] = O.makeStep(tx, { donate: true })(w, tf.ones<tf.Rank.R2>([2, 2]), tx.init(w))
      return product
    })
  })

t.test('tensors and tables of tfjs beyond 2 GB, and a table across the line', async test => {
  await useBackend('wasm')
  useCounted(wasm)
  test.teardown(() => {
    useDevice(wasm)
  })
  const want = threeSteps(true)
  // tfjs's own table of tensors grows now: the one that it replaces would leave a hole where nothing may be free.
  O.tidy(() => Array.from({ length: 500 }, () => tf.zeros([1])).length)
  const before = { tensors: tf.memory().numTensors, jobs: jobs() }

  const isThere = above(2.1 * 2 ** 30, () => {
    for (const donate of [true, false]) {
      const seen: number[] = []
      const record = (run: () => void): void => {
        const taken = mallocs(run)
        test.equal(taken.length, donate ? 1 : 31, 'the table, and what is fresh')
        seen.push(...taken.map(([, address]) => address))
      }
      const got = threeSteps(donate, record, tree => seen.push(...addresses(tree)))
      test.ok(
        seen.every(address => address > halfway),
        `${seen.length} addresses from ${Math.min(...seen)} on`,
      )
      test.ok(isSame(got, want), donate ? 'donated' : 'fresh')
    }
    test.same(products(), [[1, 2], [-2, -1]], 'what tfjs packed is forgotten') // prettier-ignore
  })
  if (!isThere) {
    test.pass('not run', { skip: 'tfjs got no memory beyond 2 GB' })
    return
  }

  const across = (run: () => void): void => {
    above(halfway - 128, () => {
      const [[bytes, at] = [0, 0], ...more] = mallocs(run)
      test.same(more, [], 'a donated step takes its table only')
      test.ok(at < halfway && at + bytes > halfway, `the table lies across the line: ${bytes} bytes at ${at}`)
    })
  }
  test.ok(isSame(threeSteps(true, across), want), 'the table across the line')
  test.equal(tf.memory().numTensors, before.tensors)
  test.ok(jobs() - before.jobs >= 11, `${jobs() - before.jobs} jobs`)
})
