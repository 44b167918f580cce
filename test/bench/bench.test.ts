/** The benchmark runs and its rivals do the same work. No times are asserted: they are the machine's. */
import { execFileSync } from 'node:child_process'
import { childEnv } from '../childEnv.js'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, makeStep } from '../../lib/index.js'
import { useBackend } from '../setup.js'
import { chains } from './chains.js'
import { barChart } from './chart.js'
import { weigh } from './gzip.js'
import { handMade } from './hand.js'
import { speedPicture } from './pictures.js'
import { median, ratio, type Race } from './race.js'

t.test('--quick runs every chain, and writes races, a table and a chart', test => {
  const out = mkdtempSync(join(tmpdir(), 'bench-'))
  const options = ['--quick', '--rounds', '1', '--backend', 'wasm', '--sizes', 'tiny', '--out', out]
  execFileSync(process.execPath, ['--import', 'tsx', 'test/bench/main.ts', ...options], {
    stdio: 'pipe',
    env: childEnv(),
  })
  const read = (file: string): string => readFileSync(join(out, file), 'utf8')
  const lines = read('results.jsonl')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Partial<Race>)
  const races = lines.filter(({ chain }) => chain !== undefined)
  test.same(
    races.map(({ chain }) => chain),
    chains.map(({ name }) => name),
  )
  for (const { chain, times = [] } of races) {
    test.ok(times.length >= 5, `${chain}: ours in three ways, tfjs, a copy`)
    for (const { name, rounds } of times)
      test.ok(rounds.length === 1 && rounds.every(ms => ms > 0), `${chain}, ${name}`)
  }
  test.match(read('results.md'), '## Targets')
  test.match(read('wasm.svg'), /^<svg[\s\S]*<\/svg>\n$/)
  rmSync(out, { recursive: true })
  test.end()
})

t.test('the loop and the hand-written kernel move parameters as the chains do', async test => {
  await useBackend('cpu')
  const size = 37
  const wave = (k: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(k * i + 1))
  for (const { name, make, loop, hand } of chains) {
    const tx = make()
    const gradients = [tf.tensor1d(wave(3))]
    let params = [tf.tensor1d(wave(2))]
    let state = tx.init(params)
    const step = makeStep(tx, { donate: true })
    const arrays = { p: wave(2), m: new Float32Array(size), v: new Float32Array(size), g: wave(3) }
    const kernel = hand && (await handMade([size], hand))
    const place = kernel?.places[0]
    if (kernel && place) {
      kernel.floats.set(arrays.p, place.p / 4)
      kernel.floats.set(arrays.g, place.g / 4)
    }
    for (let i = 1; i <= 5; i++) {
      ;[params, state] = step(params, gradients, state)
      loop?.([arrays], i)
      kernel?.step(i)
    }
    const ours = Array.from(params[0]!.dataSync())
    const close = (rival: Float32Array, who: string) =>
      test.ok(
        ours.every((x, i) => Math.abs(x - rival[i]!) < 1e-5),
        `${name}: ${who}`,
      )
    if (loop !== null) close(arrays.p, 'loop')
    if (kernel && place) close(kernel.floats.slice(place.p / 4, place.p / 4 + size), 'hand-written')
    disposeTree([params, gradients, state])
  }
})

t.test('medians, ratios and bars', test => {
  test.equal(median([3, 1, 2]), 2)
  test.equal(median([4, 1, 2, 3]), 2.5)
  const times = [
    { name: 'slow', rounds: [4, 6, 80] },
    { name: 'fast', rounds: [2, 2, 2] },
  ]
  test.equal(ratio({ backend: '', size: '', chain: '', leaves: 1, params: 1, bytes: 1, times }, 'slow', 'fast'), 3)
  const svg = barChart(
    'a < b',
    [
      {
        title: 'one',
        bars: [
          { label: 'x', value: 2 },
          { label: 'none', value: NaN },
        ],
      },
    ],
    1,
  )
  test.match(svg, 'a &lt; b')
  test.equal(svg.match(/<rect x=/g)?.length, 1, 'a contestant that did not run has no bar')
  test.end()
})

t.test("the README's picture of speed has the numbers of RESULTS.md", test => {
  const drawn = speedPicture(readFileSync('test/bench/RESULTS.md', 'utf8'))
  test.equal(readFileSync('examples/pictures/speed.svg', 'utf8'), drawn, 'npm run pictures draws it anew')
  test.ok((drawn.match(/ times</g)?.length ?? 0) >= 6)
  test.end()
})

/** What bundles weigh, in kB, rounded up: the targets, some of them lower, are in gzip.ts, the reasons in RESULTS.md. */
const heaviest = [
  ['core', 'chain, adamw', 11.3],
  ['index', 'chain, adamw', 30.5],
  ['index', 'asOptimizer, adamw', 41.3],
] as const

t.test('bundles for a browser do not grow unnoticed', async test => {
  for (const [entry, names, most] of heaviest) {
    const { kB } = await weigh(entry, names)
    test.ok(kB <= most, `${names} from ${entry}: ${kB} kB of ${most}`)
  }
})

// 9.9 kB before the rate of the last step was told by leaf, which takes masks and hyperparameters by path, and 0.3 less
// when a program was made for each rate that is set.
t.test('in a browser asOptimizer adds at most 10.9 kB to adamw, with the writer of its config', async test => {
  const [bare, optimizer] = await Promise.all([weigh('index', 'chain, adamw'), weigh('index', 'asOptimizer, adamw')])
  const added = optimizer.kB - bare.kB
  test.ok(added <= 10.9, `${added} kB`)
})
