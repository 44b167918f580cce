/** Steps that the device skips: nothing changes, counts follow, and what cannot be undone there is refused. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { cpu } from '../lib/backends/cpu/device.js'
import { wasm } from '../lib/backends/wasm/device.js'
import { configOf, transformFromConfig } from '../lib/config.js'
import * as O from '../lib/index.js'
import { jobs, useCounted } from './backends/counted.js'
import { onBackends, useBackend } from './setup.js'

for (const device of [cpu, wasm]) useCounted(device)

type Tx = O.GradientTransformation
type Tree = { readonly a: tf.Tensor; readonly b: tf.Tensor; readonly none: tf.Tensor }

const params = (): Tree => ({
  a: tf.tensor2d([
    [1, -2],
    [-0, 4],
  ]),
  b: tf.tensor1d([0.5]),
  none: tf.zeros([0]),
})
const gradients = (k: number, broken = 0): Tree => ({
  a: tf.tensor2d([
    [k, -1],
    [k * k, 0.25],
  ]),
  b: tf.tensor1d([broken === 0 ? 1 / k : broken]),
  none: tf.zeros([0]),
})

/** Every bit of a tree, counts aside. */
const bits = (tree: unknown): string =>
  JSON.stringify(
    O.tensorsOf(tree).map(([path, x]) => [path, ...new Uint32Array(new Float32Array(x.dataSync()).buffer)]),
  )

const read = (x: tf.Tensor): number => x.dataSync()[0]!

/** Every kind of link: slots, cells of the tree and of leaves, rules that move parameters, schedules, wrappers. */
const inners: Readonly<Record<string, () => Tx>> = {
  adamw: () => O.adamw(O.cosineDecaySchedule(0.1, 20), { weightDecay: 0.1 }),
  'clip, momentum': () => O.chain(O.clipByGlobalNorm(1), O.sgd(0.1, { momentum: 0.9 })),
  novograd: () => O.novograd(0.1),
  prodigy: () => O.prodigy({ estimLr0: 0.1 }),
  lookahead: () => O.lookahead(O.adam(0.1), 2, 0.5),
  averages: () => O.chain(O.sgd(0.1), O.emaOfParams(0.9)),
  'a mask': () => O.masked(O.adam(0.1), path => path === 'a'),
  groups: () => O.partition({ x: O.adam(0.1), y: O.setToZero() }, path => (path === 'a' ? 'x' : 'y')),
  'by path': () => O.adamw(O.byPath([['a', O.linearSchedule(0.1, 0, 9)]], 0.2)),
  radam: () => O.radam(0.1),
  scheduleFree: () => O.scheduleFreeSgd(0.1),
}

for (const [name, make] of Object.entries(inners))
  onBackends(`${name}: a broken gradient changes no bit, and the steps around it are those without it`, test => {
    const run = (tx: Tx, given: readonly Tree[]) => {
      const step = O.makeStep(tx, { donate: true })
      let [p, s]: [Tree, unknown] = [params(), tx.init(params())]
      return given.map(g => {
        ;[p, s] = step(p, g, s as never)
        return { p: bits(p), inner: bits((s as { innerState?: unknown }).innerState ?? s) }
      })
    }
    const before = jobs()
    const whole = run(
      make(),
      [1, 2, 3, 4].map(k => gradients(k)),
    )
    const tx = O.applyIfFinite(make(), 3)
    const steps = [gradients(1), gradients(9, NaN), gradients(2), gradients(9, Infinity), gradients(9, -Infinity)]
    const broken = run(tx, [gradients(9, NaN), ...steps, gradients(3), gradients(4)])
    test.equal(jobs() - before >= 4 + 8, true, 'in kernels')
    test.equal(broken[0]?.p, bits(params()), 'not even a bit of -0')
    const [, one, afterOne, two, afterTwo, still, three, four] = broken
    test.strictSame([afterOne, afterTwo, still], [one, two, two], 'skipped steps change nothing')
    test.strictSame([one, two, three, four], whole, 'the others give what they give without skipped ones')
    test.end()
  })

onBackends('the wrapper counts, gives up after so many in a row, and comes back', test => {
  const tx = O.applyIfFinite(O.sgd(1), 2)
  const p = params()
  let state = tx.init(p)
  const seen = [NaN, 0, NaN, NaN, NaN, NaN, 0, NaN].map((broken, i) => {
    const [updates, next] = tx.update(gradients(i + 1, broken), state, p)
    state = next
    const { notFiniteCount, lastFinite, totalNotFinite, skipped } = next
    return [updates.b, notFiniteCount, lastFinite, totalNotFinite, skipped].map(read)
  })
  test.strictSame(seen, [
    [-0, 1, 0, 1, 1],
    [-0.5, 0, 1, 1, 1],
    [-0, 1, 0, 2, 2],
    [-0, 2, 0, 3, 3],
    [NaN, 3, 0, 4, 3],
    [NaN, 4, 0, 5, 3],
    [-1 / 7, 0, 1, 5, 3].map(Math.fround),
    [-0, 1, 0, 6, 4],
  ])
  test.equal(state.count, 8, 'the count of the host has every step')
  const strict = O.applyIfFinite(O.sgd(1), 0)
  const [updates] = strict.update(gradients(1, NaN), strict.init(p), p)
  test.ok(Number.isNaN(read(updates.b)), 'with 0 none is skipped')
  test.end()
})

onBackends('counts follow seven skipped steps; further ones count for schedules and bias corrections', test => {
  const seen: number[] = []
  const rate = (count: number): number => (seen.push(count), 1 / (1 + count))
  const tx = O.applyIfFinite(O.scaleBySchedule(rate), 100)
  let state: unknown = tx.init(params())
  seen.length = 0
  const one = (broken = 0): number => {
    const g = { ...params(), b: tf.tensor1d([broken === 0 ? 1 : broken]) }
    const [updates, next] = tx.update(g, state as never, params())
    state = next
    return read(updates.b)
  }
  test.equal(one(), 1)
  for (let k = 0; k < 7; k++) one(NaN)
  test.equal(one(), 1 / 2, 'as if there had been no skipped step')
  for (let k = 0; k < 3; k++) one(NaN)
  test.equal(one(), Math.fround(1 / 6), 'the eighth and later ones count')
  test.strictSame([...new Set(seen)], Array.from({ length: 13 }, (_, k) => k).slice(0, Math.max(...seen) + 1))
  test.equal(seen.length, new Set(seen).size, 'a schedule is asked once for each count')
  test.end()
})

onBackends('links in tfjs ops are undone too, and rules behind them in the same guard', test => {
  const muon = () => O.masked(O.scaleByMuon(), path => path === 'a')
  const inner = () => O.chain(muon(), O.scaleByFactoredRms({ minDimSizeToFactor: 2 }), O.trace(0.9))
  const tx = O.applyIfFinite(inner(), 3)
  const p = params()
  const [, first] = tx.update(gradients(1), tx.init(p), p)
  const [updates, second] = tx.update(gradients(2, NaN), first, p)
  test.equal(bits(second.innerState), bits(first.innerState))
  test.strictSame(
    O.tensorsOf(updates).flatMap(([, x]) => [...x.dataSync()]),
    [-0, -0, -0, -0, -0],
  )
  const [same] = tx.update(gradients(3), second, p)
  const plain = inner()
  const [, before] = plain.update(gradients(1), plain.init(p), p)
  const [want] = plain.update(gradients(3), before, p)
  test.strictSame(O.tensorsOf(same).length, O.tensorsOf(want).length)
  test.ok(
    O.tensorsOf(same).every(([, x]) => [...x.dataSync()].every(Number.isFinite)),
    'and it goes on',
  )
  const ahead = O.chain(muon(), O.applyIfFinite(O.trace(0.9), 1), muon())
  const before2 = jobs()
  const [, s] = ahead.update(gradients(1), ahead.init(p), p)
  test.ok(jobs() > before2, 'a guard between two links in tfjs ops runs in kernels')
  test.ok(O.tensorsOf(s).length > 0)
  test.end()
})

t.test('around and within other wrappers', async test => {
  await useBackend('cpu')
  const p = params()
  const gathered = O.multiSteps(O.applyIfFinite(O.sgd(1), 1), 2)
  let s: unknown = gathered.init(p)
  for (const g of [gradients(1), gradients(2, NaN), gradients(1), gradients(2)]) {
    const [updates, next] = gathered.update(g, s as never, p)
    s = next
    if (next.miniStep === 0) test.notOk(Number.isNaN(read(updates.b)), 'the mean was not finite and is dropped')
  }
  const outer = O.applyIfFinite(O.chain(O.applyIfFinite(O.adam(0.1), 0), O.trace(0.5)), 2)
  const [, one] = outer.update(gradients(1), outer.init(p), p)
  const [, two] = outer.update(gradients(2, NaN), one, p)
  test.equal(bits(two.innerState), bits(one.innerState), 'the inner one does not even see it')

  const tx = O.applyIfFinite(O.adamw(0.1), 4)
  const config = configOf(tx)
  if (config._tag === 'Left') throw config.left
  const again = transformFromConfig(JSON.parse(JSON.stringify(config.right)))
  if (again._tag === 'Left') throw again.left
  test.strictSame(configOf(again.right), config)
  const stepped = (one: Tx): string => bits(one.update(gradients(1), one.init(p), p))
  test.equal(stepped(again.right), stepped(tx))
  const other = O.setHyper(tx, { learningRate: 0.5 })
  const [updates] = other.update(gradients(1), tx.init(p), p)
  test.ok(Math.abs(read(updates.b) + 0.5) < 0.01, 'setHyper reaches the links within')
  test.match(O.explain(tx, { params: p }), /ifFinite, scaleByAdam, .*: 2 passes/)
})

t.test('what cannot be undone, and wrong arguments', async test => {
  await useBackend('cpu')
  const wrong = (run: () => unknown, message: RegExp): void => {
    test.throws(run, { name: 'TypeError', message })
  }
  wrong(
    () => O.applyIfFinite(O.chain(O.trace(0.9), O.multiSteps(O.sgd(1), 2)), 1),
    /applyIfFinite: multiSteps counts its steps on the host.*put applyIfFinite into multiSteps/,
  )
  const own = { init: () => ({}), update: (u: unknown, s: unknown) => [u, s] as const }
  wrong(() => O.applyIfFinite(own as never, 1), /applyIfFinite: a step of .*a pair of functions, cannot be undone/)
  for (const most of [-1, 1.5, NaN, Infinity, '2', undefined, null])
    wrong(() => O.applyIfFinite(O.sgd(1), most as never), /maxConsecutiveErrors must be a whole number from 0 on, got/)
  test.throws(() => O.applyIfFinite(O.aggregate('sum') as never, 1), { message: /must be the first link/ })
  const tx = O.applyIfFinite(O.sgd(1), 1)
  const { skipped: _left, ...less } = tx.init(params())
  test.throws(() => tx.update(gradients(1), less as never, params()), {
    message: /applyIfFinite: state must be \{count, notFiniteCount, lastFinite, totalNotFinite, skipped, innerState\}/,
  })
})

onBackends('model.fit skips a batch with NaN, and saves and resumes', async test => {
  const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })] })
  const optimizer = O.asOptimizer(O.applyIfFinite(O.adamw(0.1), 2))
  net.compile({ optimizer, loss: 'meanSquaredError' })
  const xs = tf.tensor2d([
    [1, 2],
    [NaN, 1],
    [3, 4],
  ])
  const ys = tf.tensor2d([[1], [2], [3]])
  await net.fit(xs, ys, { epochs: 3, batchSize: 1, shuffle: false, verbose: 0 })
  const weights = net.getWeights().flatMap(w => [...w.dataSync()])
  test.ok(weights.every(Number.isFinite), weights.join())
  test.equal(optimizer.iterations, 9)
  const saved = await optimizer.getWeights()
  const again = O.asOptimizer(O.applyIfFinite(O.adamw(0.1), 2))
  await again.setWeights(saved)
  const texts = (list: readonly { readonly tensor: tf.Tensor }[]) =>
    list.map(({ tensor }) => [...tensor.dataSync()].join())
  test.strictSame(texts(await again.getWeights()), texts(saved))
})

onBackends('a mechanize within another sees its own gradient, and the outer one the gradient that enters it', test => {
  const inner = () => O.chain(O.scale(100), O.mechanize(O.sgd(0.1), { sInit: 0.1 }))
  const alone = inner()
  const hidden = { init: alone.init, update: alone.update } // a pair of functions, which no signal crosses
  const run = (base: Tx): string => {
    const tx = O.mechanize(base, { sInit: 0.1 })
    let [p, s]: [Tree, unknown] = [params(), tx.init(params())]
    for (const k of [1, 2, 3]) {
      const [updates, next] = tx.update(gradients(k), s as never, p)
      ;[p, s] = [O.applyUpdates(p, updates), next]
    }
    return bits([p, s])
  }
  test.equal(run(inner() as never), run(hidden as never))
  test.end()
})
