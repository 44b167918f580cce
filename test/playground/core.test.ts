/** The playground without a page: its landscapes, races, addresses, menus and code. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { configOf, type Config, type Json } from '../../lib/config.js'
import { fragmentOf, pageOfFragment } from '../../examples/playground/core/address.js'
import * as catalogue from '../../examples/playground/core/catalogue.js'
import { chainOf, type Chain } from '../../examples/playground/core/chain.js'
import { codeOf } from '../../examples/playground/core/code.js'
import { begunChain, defaultPage } from '../../examples/playground/core/defaults.js'
import { movedBy, replacedAt, stillHeld, withoutRacer, withRacer } from '../../examples/playground/core/edit.js'
import { pageToJson, type Page } from '../../examples/playground/core/page.js'
import { begun, extended, race, type History } from '../../examples/playground/core/race.js'
import { speedOf } from '../../examples/playground/core/speed.js'
import { surfaceOf, surfaces } from '../../examples/playground/core/surfaces.js'
import { momentumOf, rateOf, secondMomentOf, termsOf } from '../../examples/playground/core/terms.js'
import { onBackends, useBackend } from '../setup.js'
import { hostile, raceOn, schedule } from './subjects.js'

const chain = (config: unknown): Chain => {
  const read = chainOf(config)
  if (E.isLeft(read)) throw new Error(read.left.join('\n'))
  return read.right
}
const worldOf = ({ surface, seed }: Page) => surfaceOf(surface)!.make(seed)
const run = (page: Page): Promise<readonly History[]> => race(worldOf(page), page.start, page.racers, page.steps)
const adam = chain({ type: 'adam', learningRate: 0.05 })

t.test('landscapes: places are found again, and no height is below that of a minimum', async test => {
  await useBackend('cpu')
  for (const surface of surfaces) {
    const world = surface.make(3)
    const place = [surface.domain.x[0] / 3, surface.domain.y[1] / 4] as const
    const params = world.paramsAt(place)
    const numbers = new Map(
      (surface.id === 'network' ? ['hidden.kernel', 'hidden.bias', 'output.kernel', 'output.bias'] : ['at']).map(
        path => {
          const leaf = path.split('.').reduce<unknown>((tree, key) => (tree as Record<string, unknown>)[key], params)
          return [path, Array.from((leaf as tf.Tensor).dataSync())] as const
        },
      ),
    )
    world.placeOf(numbers).forEach((x, i) => test.ok(Math.abs(x - place[i]!) < 1e-5, `${surface.id}: ${x}`))
    const [height] = await world.heights([place[0]], [place[1]])
    const [loss] = (world.trueLossOf ?? (p => world.lossOf(p, 0)))(params).dataSync()
    test.ok(Math.abs(height! - loss!) <= 1e-5 * Math.abs(loss!), `${surface.id}: ${height} is ${loss}`)
    for (const [x, y] of surface.minima) {
      const [least] = await world.heights([x], [y])
      const [near] = await world.heights([x + 0.01], [y - 0.01])
      test.ok(Math.abs(least!) < 1e-4 && near! > least!, `${surface.id}: ${least} at a minimum`)
    }
  }
})

onBackends('a race is the same to the bit whenever and however it is run, and leaves no tensor', async test => {
  for (const [surface, start] of [
    ['rosenbrock', [-1.5, 2]],
    ['noisy', [-3.2, 2.2]],
    ['network', [0, 0]],
  ] as const) {
    const page = raceOn(surface, start, { steps: 25 })
    const before = tf.memory().numTensors
    const first = await run(page)
    test.equal(tf.memory().numTensors, before, `${surface}: no tensor is left`)
    test.ok(
      first.every(({ frames, fault }) => frames.length === 26 && fault === null),
      `${surface}: all steps`,
    )
    test.strictSame(await run(page), first, `${surface}: a second time`)
    const [, racer] = page.racers
    const world = worldOf(page)
    let pieces = await begun(world, page.start, racer!, [])
    for (const n of [1, 0, 7, 17]) pieces = await extended(world, racer!, pieces, n)
    test.strictSame(pieces, first[1], `${surface}: in pieces`)
  }
})

t.test('branches: the same chain goes on alike, another one does not, and the past stays', async test => {
  await useBackend('cpu')
  const page = raceOn('himmelblau', [-0.5, -1], { steps: 20 })
  const [, parent] = await run(page)
  const copy = JSON.stringify(parent)
  const at = { of: 1, at: 8 }
  const slower = chain({ type: 'adam', learningRate: 0.01 })
  const branched: Page = {
    ...page,
    racers: [
      ...page.racers,
      { chain: adam, branch: { ...at, fresh: false } },
      { chain: slower, branch: { ...at, fresh: false } },
      { chain: chain({ type: 'lion', learningRate: 0.01 }), branch: { ...at, fresh: false } },
      { chain: chain({ type: 'lion', learningRate: 0.01 }), branch: { ...at, fresh: true } },
    ],
  }
  const [, again, , same, other, unfit, fresh] = await run(branched)
  test.strictSame(same!.frames, parent!.frames)
  test.strictSame(again, parent)
  test.equal(JSON.stringify(parent), copy)
  test.equal(same!.frames[3], again!.frames[3], 'the frames before a branch are shared')
  test.equal(rateOf(other!.frames[8]!), 0.01)
  test.strictSame(other!.frames[9]!.gradient === parent!.frames[9]!.gradient, false)
  test.not(other!.frames[9]!.place[0], parent!.frames[9]!.place[0])
  test.match(unfit!.fault, /state/, 'a state of other links is refused with the reason')
  test.equal(fresh!.frames.length, 21)
  const early: Page = {
    ...branched,
    racers: [
      { chain: chain({ type: 'sgd', learningRate: 9 }), branch: null },
      { chain: adam, branch: { of: 0, at: 15, fresh: true } },
    ],
  }
  const [lost, late] = await run(early)
  test.match(lost!.fault, /is not finite: the rate is too high/)
  test.match(late!.fault, /racer 1 does not reach step 15/)
})

t.test('inner terms and rates are read from states', async test => {
  await useBackend('cpu')
  const [, moments, lion] = await run(raceOn('rosenbrock', [-1.5, 2], { steps: 3 }))
  test.strictSame(
    termsOf(moments!.frames[3]!).map(({ path, values }) => [path, values.length]),
    [
      ['0.mu', 2],
      ['0.nu', 2],
    ],
  )
  const [first = NaN] = momentumOf(moments!.frames[1]!)?.values ?? []
  test.ok(Math.abs(first + 15.5) < 1e-5, `${first}: a tenth of the gradient`)
  test.equal(secondMomentOf(lion!.frames[1]!), null)
  test.equal(momentumOf(lion!.frames[1]!)?.path, '1.mu')
  test.strictSame(
    lion!.frames.map(frame => Number(rateOf(frame)?.toFixed(12))),
    [0, 0.01, 0.02, 0.03],
  )
  const [, network] = await run(raceOn('network', [0, 0], { steps: 1 }))
  test.strictSame(
    termsOf(network!.frames[1]!).map(({ path, values }) => [path, values.length]),
    [
      ['0.mu', 33],
      ['0.nu', 33],
    ],
  )
  const [prodigy] = await run({
    ...raceOn('valley', [1, 1], { steps: 1 }),
    racers: [{ chain: begunChain('prodigy')!, branch: null }],
  })
  test.ok(
    termsOf(prodigy!.frames[1]!).some(({ values }) => values.length === 1),
    'numbers that are kept once',
  )
})

t.test('addresses: every page is read as it was written', test => {
  const page = defaultPage()
  const again = pageOfFragment(fragmentOf(page))
  test.strictSame(again === null || E.isLeft(again) ? again : pageToJson(again.right), pageToJson(page))
  test.equal(pageOfFragment(''), null)
  test.equal(pageOfFragment('#'), null)
  fc.assert(
    fc.property(
      fc.constantFrom(...surfaces),
      fc.nat(4294967295),
      fc.integer({ min: 1, max: 1000 }),
      fc.constantFrom('cpu', 'wasm', 'webgl', 'webgpu'),
      fc.boolean(),
      fc.stringMatching(/^[a-zé\u{1F600}]{0,8}$/u),
      (surface, seed, steps, backend, inner, word) => {
        const mask = { include: [word], exclude: [] }
        const given = raceOn(surface.id, surface.start, {
          seed,
          steps,
          backend,
          inner,
          at: steps >> 1,
          racers: [
            { chain: { type: 'adamw', learningRate: schedule, mask } },
            { chain: { type: 'sgd', learningRate: seed / 1e9 }, branch: { of: 0, at: steps, fresh: true } },
          ],
        })
        const read = pageOfFragment(fragmentOf(given))
        return (
          read !== null &&
          E.isRight(read) &&
          JSON.stringify(pageToJson(read.right)) === JSON.stringify(pageToJson(given))
        )
      },
    ),
    { numRuns: 60 },
  )
  test.end()
})

t.test('hostile addresses: each says what is wrong', test => {
  for (const [name, [fragment, says]] of Object.entries(hostile)) {
    const read = pageOfFragment(fragment)
    if (read === null || E.isRight(read)) {
      test.fail(`${name} was read`)
      continue
    }
    test.ok(
      read.left.some(line => line.includes(says)),
      `${name}: ${read.left[0]}`,
    )
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), text => {
      const read = pageOfFragment(`#1.${Buffer.from(text).toString('base64url')}`)
      return read !== null && E.isLeft(read) && read.left.length > 0
    }),
    { numRuns: 300 },
  )
  test.end()
})

/** Each type of the menus, as it comes and with all options that have a form. */
const everyConfig = (): readonly Config[] => {
  const value = ({ key, form }: catalogue.Option, type: string): Json | undefined => {
    if (form.form === 'flag') return true
    if (form.form === 'words') return form.words.at(-1)
    if (form.form !== 'number') return undefined
    const usual = catalogue.defaultOf(type, key)
    return usual === null || Number.isNaN(Number(usual)) ? 0.5 : Number(usual)
  }
  const full = (type: string): Config =>
    (catalogue.transformations.get(type)?.options ?? []).reduce<Config>((config, option) => {
      const given = config[option.key] ?? value(option, type)
      const more: Config = given === undefined ? config : { ...config, [option.key]: given }
      return E.isRight(chainOf(more)) ? more : config
    }, catalogue.firstConfig(type))
  const types = catalogue.groups.flatMap(({ types: some }) => some)
  const timed = catalogue.scheduleTypes.map((type): Config => ({
    type: 'scaleByLearningRate',
    learningRate: catalogue.firstSchedule(type),
  }))
  return [...types.flatMap(type => [catalogue.firstConfig(type), full(type)]), ...timed]
}

const odd: readonly Config[] = [
  { type: 'adamw', learningRate: 0.1, weightDecay: 0.1, mask: { include: [{ name: 'a_b' }], exclude: ["'", 'x'] } },
  { type: 'adamw', learningRate: 0.1, mask: { name: '{"a_b":true}' } },
  { type: 'masked', inner: { type: 'sgd', learningRate: '-0' }, mask: true },
  {
    type: 'sgd',
    learningRate: {
      type: 'byPath',
      patterns: [
        [{ name: 'a_t' }, 0.1],
        ['b', 1],
      ],
      otherwise: 0.2,
    },
  },
  {
    type: 'multiSteps',
    inner: { type: 'adam', learningRate: 1 },
    everyK: 2,
    shouldSkipUpdate: { type: 'skipNotFinite' },
  },
  {
    type: 'multiSteps',
    inner: { type: 'adam', learningRate: 1 },
    everyK: 2,
    shouldSkipUpdate: { type: 'skipLargeUpdates', maxSquaredNorm: 4 },
  },
  {
    type: 'partition',
    groups: [{ name: 'a-b', link: { type: 'adam', learningRate: 1 } }],
    labels: { patterns: [['x', 'a-b']], otherwise: 'a-b' },
  },
  {
    type: 'scaleByLearningRate',
    learningRate: { type: 'piecewiseConstantSchedule', initValue: 1, boundariesAndScales: { 5: 0.1 } },
  },
]

t.test('menus: every type begins with values that it takes, and runs', async test => {
  await useBackend('cpu')
  const types = catalogue.groups.flatMap(({ types: some }) => some)
  test.ok(types.length > 130, `${types.length} types`)
  test.ok(
    types.includes('adamw') && types.includes('scaleByAdam') && types.includes('chain') && !types.includes('aggregate'),
  )
  test.ok(catalogue.scheduleTypes.length > 15)
  const forms = [...catalogue.transformations.values()].flatMap(({ options }) => options)
  test.strictSame([...new Set(forms.map(({ form: { form } }) => form))].sort(), [
    'flag',
    'json',
    'link',
    'links',
    'number',
    'schedule',
    'words',
  ])
  test.equal(catalogue.defaultOf('adamw', 'b2'), '0.999')
  test.equal(catalogue.defaultOf('scaleByRadam', 'threshold'), '5')
  const world = surfaceOf('rosenbrock')!.make(1)
  for (const type of types) {
    const made = begunChain(type)
    if (made === null) {
      test.fail(type)
      continue
    }
    const [history] = await race(world, [0.9, 0.9], [{ chain: made, branch: null }], 3)
    if (type === 'scaleByMuon') test.match(history!.fault, /must be a matrix/, type)
    else test.strictSame([history!.fault, history!.frames.length], [null, 4], type)
  }
})

t.test('code: what it makes is what the config makes', async test => {
  const all = [...everyConfig(), ...odd]
  const blocks = all.map((config, i) => {
    const [, names = '', , text = ''] =
      /^import \{ (.*) \} from 'tfjs-optax'\n(\n)const tx = ([\s\S]*)$/.exec(codeOf(config)) ?? []
    return `{\n  const { ${names} } = O\n  made[${i}] = ${text}}\n`
  })
  const folder = resolve('.tap/playground-code')
  mkdirSync(folder, { recursive: true })
  const file = resolve(folder, 'all.mjs')
  const lib = pathToFileURL(resolve('lib/index.js')).href
  writeFileSync(file, `import * as O from ${JSON.stringify(lib)}\nexport const made = []\n${blocks.join('')}`)
  const { made } = (await import(pathToFileURL(file).href)) as { made: never[] }
  all.forEach((config, i) => test.strictSame(configOf(made[i]!), configOf(chain(config).tx), codeOf(config)))
  test.match(codeOf({ type: 'json', name: '{"type":"orthoGrad"}' }), /transformFromConfig/)
  test.match(codeOf({ type: 'scaleByShape' }), /transformFromConfig/, 'what has no public factory')
})

t.test('edits give new pages', test => {
  const json = { type: 'chain', links: [{ type: 'a' }, { type: 'b', x: 1 }] }
  test.strictSame(replacedAt(json, ['links', 1, 'x'], 2), {
    type: 'chain',
    links: [{ type: 'a' }, { type: 'b', x: 2 }],
  })
  test.strictSame(replacedAt(json, ['links', 1, 'x'], undefined), {
    type: 'chain',
    links: [{ type: 'a' }, { type: 'b' }],
  })
  test.strictSame(replacedAt(json, ['links', 0], undefined), { type: 'chain', links: [{ type: 'b', x: 1 }] })
  test.strictSame(replacedAt(json, [], 3), 3)
  test.strictSame(replacedAt({}, ['a', 'b'], 1), { a: { b: 1 } })
  test.strictSame(movedBy([1, 2, 3], 0, 1), [2, 1, 3])
  test.strictSame(movedBy([1, 2, 3], 2, -1), [1, 3, 2])
  test.strictSame(movedBy([1], 4, -1), [1])

  const page = raceOn('beale', [0, 0])
  const first = withRacer(page, { chain: adam, branch: { of: 1, at: 5, fresh: false } })
  const second = withRacer(first, { chain: adam, branch: { of: 3, at: 5, fresh: false } })
  test.equal(second.shown, 4)
  test.equal(withoutRacer(second, 1).racers.length, 2, 'branches of a branch go too')
  const fewer = withoutRacer(second, 0)
  test.strictSame(
    fewer.racers.map(({ branch }) => branch?.of ?? null),
    [null, null, 0, 2],
  )
  test.equal(fewer.shown, 3)

  const held = [0, 1, 2, 3, 4].map((): History => ({ frames: [], fault: null }))
  test.strictSame(stillHeld(second, second, held), held)
  test.strictSame(stillHeld(second, { ...second, seed: 9 }, held), [null, null, null, null, null])
  test.strictSame(stillHeld(second, { ...second, start: [1, 0] }, held), [null, null, null, null, null])
  const changed: Page = { ...second, racers: second.racers.map((one, i) => (i === 1 ? { ...one } : one)) }
  test.strictSame(
    stillHeld(second, changed, held).map(one => one !== null),
    [true, false, true, false, false],
  )
  test.end()
})

onBackends('speed: medians of both, and no tensor is left', async (test, backend) => {
  const before = tf.memory().numTensors
  const options = { side: 8, budget: 5, now: () => performance.now(), pause: () => Promise.resolve() }
  const { ours, theirs, batches, parameters, backend: on } = await speedOf(adam.tx, options)
  test.ok(ours > 0 && theirs > 0 && batches >= 3)
  test.strictSame([parameters, on], [64, backend])
  test.equal(tf.memory().numTensors, before)
  await test.rejects(
    speedOf(chain({ type: 'masked', inner: { type: 'adam', learningRate: 1 }, mask: { a: true } }).tx, options),
  )
  test.equal(tf.memory().numTensors, before, 'not by one that cannot run either')
})
