/** The laws of transformations, over the table of all rules, on random trees and values. */
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import {
  applyUpdates,
  asState,
  chain,
  disposeTree,
  fromNamedTensors,
  fromSafetensors,
  identity,
  makeStep,
  monoid,
  scale,
  tensorsOf,
  tidy,
  toNamedTensors,
  toSafetensors,
  type GradientTransformation,
} from '../../lib/index.js'
import { cpu } from '../../lib/backends/cpu/device.js'
import { interpretAtMost } from '../../lib/backends/small.js'
import { compiledModules } from '../../lib/backends/wasm/compile.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import { bounds, exact, within, type Bounded } from '../../lib/rule/bounds.js'
import { buildRule } from '../../lib/rule/build.js'
import { checkRule } from '../../lib/rule/check.js'
import { abs, add, div, isFinite, lt, mul, select, sqrt, sub, type Cond, type Expr } from '../../lib/rule/expr.js'
import { printRule } from '../../lib/rule/print.js'
import { runStep, runUpdate } from '../../lib/program/execute.js'
import { linksIn } from '../../lib/program/fold.js'
import { f64 } from '../../lib/rule/f64.js'
import { Values } from '../../lib/rule/reference.js'
import { build, flatten, pathsOf } from '../../lib/tree/structure.js'
import { isTensor } from '../../lib/tree/tensors.js'
import { jobs, useCounted } from '../backends/counted.js'
import { leftBehind, onBackends, useBackend } from '../setup.js'
import { anyFloat32, float32, runs, type Run } from './arbitrary.js'
import { extra } from './entry.js'
import { all, inOps, made, rules } from './table.js'

for (const device of [cpu, wasm]) useCounted(device)

/** Rules, and what only tensors can run. */
const everything = [...all, ...inOps]

/** Holds that a law saw kernels: at least `steps` jobs of the device since `before`, which no fallback to tfjs ops makes. */
const sawKernels = (name: string, before: number, steps: number): void => {
  const ran = jobs() - before
  if (ran < steps && name !== 'identity' && !inOps.some(entry => entry.name === name))
    throw new Error(`${name}: ${ran} jobs, at least ${steps} steps`)
}

const times = (n: number): fc.Parameters<[() => Run]> => ({ numRuns: n, endOnFailure: false })

/** The bits of every tensor, with paths; NaN is NaN, whatever its payload. */
const bitsOf = (tree: unknown): Record<string, unknown> =>
  Object.fromEntries(
    tensorsOf(tree).map(([path, tensor]) => {
      const data = new Float32Array(tensor.dataSync()).map(x => (Number.isNaN(x) ? NaN : x))
      return [path, `${tensor.dtype}[${tensor.shape.join()}] ${[...new Uint32Array(data.buffer)].join(' ')}`]
    }),
  )

/** A state or tree without its tensors: structure, counts, shapes, dtypes. */
const outline = (tree: unknown): unknown => {
  const { structure, leaves } = flatten(tree)
  return build(
    structure,
    leaves.map(leaf => (isTensor(leaf) ? `${leaf.dtype}[${leaf.shape.join()}]` : leaf)),
  )
}

const toReference = <E>(tree: unknown, of: (x: number) => E): unknown => {
  const { structure, leaves } = flatten(tree)
  return build(
    structure,
    leaves.map(leaf => (isTensor(leaf) ? new Values(Array.from(leaf.dataSync(), of)) : leaf)),
  )
}

/** Every element of a tree of tensors beside the same one of a tree of `Values`. */
const eachElement = <E>(
  tensors: unknown,
  values: unknown,
  look: (path: string, got: number, other: E) => void,
): void => {
  const other = flatten(values)
  const paths = pathsOf(other.structure)
  flatten(tensors).leaves.forEach((leaf, i) => {
    const beside = other.leaves[i]
    if (!isTensor(leaf) || !(beside instanceof Values)) return
    leaf.dataSync().forEach((x, k) => look(`${paths[i]}[${k}]`, x, (beside.items as readonly E[])[k]!))
  })
}

/** Some steps of pure updates, with what was seen at each; all tensors disposed at the end. */
const walk = (
  tx: GradientTransformation,
  run: Run,
  look: (at: { updates: unknown; state: unknown; next: unknown; gradients: unknown; params: unknown }) => void,
): void =>
  tf.tidy(() => {
    let params = run.params
    let state = tx.init(params)
    for (const gradients of run.gradients) {
      const [updates, next] = tx.update(gradients, state, params as never, extra)
      look({ updates, state, next, gradients, params })
      params = applyUpdates(params, updates as never)
      state = next
    }
  })

onBackends('ops agree with f64 within the bounds, to the last subnormal', test => {
  const bounded = bounds()
  for (const entry of all) {
    const before = jobs()
    fc.assert(
      fc.property(runs(anyFloat32), make =>
        tf.tidy(() => {
          const tx = made(entry)
          walk(tx, make(), ({ updates, state, next, gradients, params }) => {
            const request = <E>(of: (x: number) => E) => ({
              who: 'update',
              updates: toReference(gradients, of),
              state: toReference(state, of),
              params: toReference(params, of),
              extra,
            })
            const right = runUpdate(bounded, tx.program, request(exact))
            eachElement<Bounded>(
              [updates, next],
              [build(right.structure, right.leaves), right.state],
              (path, got, bound) => {
                if (!within(got, bound))
                  throw new Error(`${entry.name} ${path}: ${got}, not ${bound.value} ± ${bound.error}`)
              },
            )
            const plain = runUpdate(
              f64,
              tx.program,
              request(x => x),
            )
            const values = flatten([build(plain.structure, plain.leaves), plain.state]).leaves
            flatten([build(right.structure, right.leaves), right.state]).leaves.forEach((leaf, i) => {
              if (!(leaf instanceof Values)) return
              const numbers = (leaf as Values<Bounded>).items.map(x => x.value)
              const same = numbers.every((x, k) => Object.is(x, (values[i] as Values<number>).items[k]))
              if (!same) throw new Error(`${entry.name}: bounds and f64 hold different values`)
            })
          })
        }),
      ),
      times(20),
    )
    sawKernels(entry.name, before, 20 * 2)
  }
  test.pass()
})

/** Expressions with other inputs, those of `known` by name; what they share stays shared. */
const renewing = (known: Readonly<Record<string, Expr>>): ((expr: Expr) => Expr) => {
  const done = new Map<Expr, Expr>()
  const conds = new Map<Cond, Cond>()
  const cond = (c: Cond): Cond => {
    const made = conds.get(c) ?? (c.op === 'lt' ? lt(renew(c.a), renew(c.b)) : isFinite(renew(c.a)))
    conds.set(c, made)
    return made
  }
  const renew = (x: Expr): Expr => {
    const made = done.get(x) ?? again(x)
    done.set(x, made)
    return made
  }
  const again = (x: Expr): Expr => {
    switch (x.op) {
      case 'lit':
        return x
      case 'input':
        return known[x.name] ?? x
      case 'select':
        return select(cond(x.cond), renew(x.a), renew(x.b))
      case 'sqrt':
      case 'abs':
        return { sqrt, abs }[x.op](renew(x.a))
      default:
        return { add, sub, mul, div }[x.op](renew(x.a), renew(x.b))
    }
  }
  return renew
}

t.test('the rules of the package pass the check that a rule of a stranger gets', test => {
  const seen = new Set<string>()
  for (const one of rules) {
    for (const link of linksIn(made(one).program)) {
      if (link.kind !== 'rule') continue
      const { rule } = link
      const written = checkRule({
        name: rule.name,
        hyper: rule.hyper,
        options: rule.options,
        slots: Object.fromEntries(Object.entries(rule.slots).map(([slot, expr]) => [slot, x => renewing(x)(expr)])),
        cells: rule.cells,
        extras: rule.extras,
        scalars: t => rule.scalars(t),
        totals: Object.fromEntries(
          rule.totals.map(({ name, of, ...how }) => [name, { ...how, of: (x, k) => renewing({ ...x, ...k })(of) }]),
        ),
        step: (x, k) => {
          const renew = renewing({ ...x, ...k })
          const next = { ...rule.next, ...rule.nextCells }
          const slots = Object.entries(next).map(([slot, expr]) => [slot, renew(expr)] as const)
          const moved = rule.p === null ? {} : { p: renew(rule.p) }
          return { ...Object.fromEntries(slots), ...moved, u: renew(rule.u) }
        },
      })
      const { ours, cellRunner } = rule
      const again = buildRule(written, cellRunner === null ? { ours } : { ours, cellRunner })
      test.equal(printRule(again), printRule(rule), rule.name)
      for (const t of [1, 2, 3, 10, 1000]) test.same(again.scalars(t), rule.scalars(t), `${rule.name} at step ${t}`)
      test.ok(rule.ours)
      seen.add(rule.name)
    }
  }
  test.ok(seen.size > 20, [...seen].join())
  test.end()
})

t.test('cpu and wasm give the same bits, compiled and interpreted', async test => {
  const traces = new Map<string, unknown[]>()
  for (const [backend, interpreted] of [
    ['cpu', 0],
    ['wasm', 0],
    ['cpu', Infinity],
    ['wasm', Infinity],
    ['wasm', 100], // compiled after a few steps
  ] as const) {
    await useBackend(backend)
    interpretAtMost(interpreted)
    const modules = compiledModules()
    for (const entry of all) {
      const samples = fc.sample(runs(anyFloat32, 3), { seed: 7, numRuns: 15 })
      const seen: unknown[] = []
      const before = jobs()
      samples.forEach(make =>
        tf.tidy(() => walk(made(entry), make(), ({ updates, next }) => seen.push(bitsOf([updates, next])))),
      )
      sawKernels(entry.name, before, 15 * 3)
      const other = traces.get(entry.name)
      if (other === undefined) traces.set(entry.name, seen)
      else test.strictSame(seen, other, entry.name)
    }
    if (interpreted > 100) test.equal(compiledModules(), modules, 'nothing was compiled')
  }
  interpretAtMost(0)
})

/** A state without its counts of steps and updates, which a step changes. */
const uncounted = (x: unknown): string =>
  JSON.stringify(x).replace(/"(count|miniStep|gradientStep|step)":\d+/g, '"$1":0')

onBackends('update keeps structure, shapes, dtypes; touches nothing given; owns what it returns', test => {
  for (const entry of everything)
    fc.assert(
      fc.property(runs(float32), fc.boolean(), (make, oldFirst) => {
        const tx = made(entry)
        const run = make()
        const before = tf.memory().numTensors
        const state = tx.init(run.params)
        const [gradients] = run.gradients
        const given = [gradients, state, run.params]
        const [bits, shape] = [bitsOf(given), outline(given)]
        const [updates, next] = tx.update(gradients, state, run.params as never, extra)
        if (JSON.stringify(bits) !== JSON.stringify(bitsOf(given))) throw new Error(`${entry.name}: an input changed`)
        if (JSON.stringify(shape) !== JSON.stringify(outline(given))) throw new Error(`${entry.name}: an input changed`)
        if (JSON.stringify(outline(updates)) !== JSON.stringify(outline(gradients)))
          throw new Error(`${entry.name}: updates`)
        const stepped = uncounted(outline(next))
        if (stepped !== uncounted(outline(state))) throw new Error(`${entry.name}: state ${stepped}`)
        const frozen = (x: unknown): boolean =>
          typeof x !== 'object' || x === null || isTensor(x) || (Object.isFrozen(x) && Object.values(x).every(frozen))
        if (!frozen(next)) throw new Error(`${entry.name}: the state is not frozen`)

        const [old, fresh] = [given, [updates, next]]
        const kept = bitsOf(oldFirst ? fresh : old)
        disposeTree(oldFirst ? old : fresh)
        if (JSON.stringify(kept) !== JSON.stringify(bitsOf(oldFirst ? fresh : old)))
          throw new Error(`${entry.name}: shared`)
        disposeTree(oldFirst ? fresh : old)
        disposeTree(run.gradients.slice(1))
        const rest = tf.memory().numTensors - before + tensorsOf(run).length
        if (rest !== 0) throw new Error(`${entry.name}: ${rest} tensors left`)
      }),
      { numRuns: 15 },
    )
  test.pass()
})

onBackends('chain is associative, identity neutral; the fp-ts views say the same', test => {
  const some = [...rules, ...inOps].map(made)
  fc.assert(
    fc.property(runs(float32), fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(...some))), (make, [a, b, c]) => {
      if (!a || !b || !c) return
      tf.tidy(() => {
        const { gradients, params } = make()
        const see = (tx: GradientTransformation) => {
          const state = tx.init(params)
          const [first, next] = tx.update(gradients[0], state, params as never, extra)
          const [second, last] = tx.update(gradients[1], next, params as never, extra)
          const flat = Object.values(bitsOf(last)) // nested tuples flattened: leaves in order
          return JSON.stringify([bitsOf(first), bitsOf(second), flat])
        }
        const [left, right, flat] = [chain(chain(a, b), c), chain(a, chain(b, c)), chain(a, b, c)]
        const all3 = [left, right, flat, monoid.concat(monoid.concat(a, b), c), chain(identity(), a, b, identity(), c)]
        const seen = all3.map(tx => see(tx))
        if (new Set(seen).size > 1) throw new Error('differ')
        if (see(a) !== see(monoid.concat(monoid.empty, a))) throw new Error('empty is not neutral')

        const [viaState] = asState(a)(gradients[0], params as never, extra)(a.init(params))
        const [direct] = a.update(gradients[0], a.init(params), params as never, extra)
        if (JSON.stringify(bitsOf(viaState)) !== JSON.stringify(bitsOf(direct))) throw new Error('State view')
      })
    }),
    { numRuns: 40 },
  )
  test.pass()
})

onBackends('every hyperparameter may be a schedule: a constant one gives the same bits, from the same state', test => {
  for (const entry of everything)
    for (const name of Object.keys(entry.hyper)) {
      const value = entry.hyper[name]!
      const counts: number[] = []
      const scheduled = entry.make({ ...entry.hyper, [name]: (count: number) => (counts.push(count), value) })
      const [sample] = fc.sample(runs(float32, 3), { seed: 3, numRuns: 1 })
      const before = jobs()
      tf.tidy(() => {
        const run = sample!()
        const [plain, other]: unknown[][] = [[], []]
        walk(made(entry), run, at => plain!.push(bitsOf([at.updates, at.next])))
        counts.length = 0
        walk(scheduled, run, at => other!.push(bitsOf([at.updates, at.next])))
        test.strictSame(other, plain, `${entry.name}.${name}`)
        const seen = entry.name.startsWith('multiSteps') ? [...new Set(counts)].slice(0, 1) : [...new Set(counts)]
        const all = entry.name.startsWith('multiSteps') ? [0] : [0, 1, 2] // what it wraps counts updates
        test.strictSame(seen, all, `${entry.name}.${name} sees counts from 0`)
        const [, passed] = scheduled.update(run.gradients[0], made(entry).init(run.params), run.params as never, extra)
        test.strictSame(
          outline(passed),
          outline(made(entry).update(run.gradients[0], made(entry).init(run.params), run.params as never, extra)[1]),
        )
      })
      sawKernels(entry.name, before, 3 + 3 + 2)
    }
})

onBackends('a step is update and applyUpdates in one; donation changes no bit', test => {
  for (const entry of everything) {
    const before = jobs()
    fc.assert(
      fc.property(runs(float32), make => {
        const tx = made(entry)
        const steps = { pure: makeStep(tx), donated: makeStep(tx, { donate: true }) }
        const seen = Object.entries(steps).map(([name, step]) => {
          const { params, gradients } = make()
          const start = [params, tx.init(params)]
          let [p, s] = start as [unknown, unknown]
          const bits = gradients.map(g => {
            const before = [p, s]
            ;[p, s] = step(p, g as never, s, extra)
            if (name === 'pure') disposeTree(before)
            else if (tensorsOf(before).some(([, tensor]) => !tensor.isDisposed))
              throw new Error(`${entry.name}: not consumed`)
            return bitsOf([p, s])
          })
          disposeTree([p, s, gradients])
          return JSON.stringify(bits)
        })
        if (seen[0] !== seen[1]) throw new Error(`${entry.name}: donation changes the result`)
        if (linksIn(tx.program).some(link => link.kind === 'rule' && link.rule.p !== null)) return // update is the rounded way p' - p
        const bits: unknown[] = []
        const run = make()
        walk(tx, run, ({ updates, next, params }) => bits.push(bitsOf([applyUpdates(params, updates as never), next])))
        disposeTree(run)
        if (JSON.stringify(bits) !== seen[0]) throw new Error(`${entry.name}: step is not update and apply`)
      }),
      { numRuns: 10 },
    )
    sawKernels(entry.name, before, 10 * 2 * 2)
  }
  test.pass()
})

onBackends('a state saved and loaded goes on to the same bits', async test => {
  for (const entry of everything) {
    const tx = made(entry)
    const [sample] = fc.sample(runs(anyFloat32, 2), { seed: 5, numRuns: 1 })
    const { params, gradients } = sample!()
    const start = tx.init(params)
    const [updates, state] = tx.update(gradients[0], start, params as never, extra)
    const loaded = fromSafetensors(await toSafetensors(state), state)
    const named = toNamedTensors(state)
    const listed = fromNamedTensors(named, state)
    test.strictSame(bitsOf(loaded), bitsOf(state), `${entry.name}: safetensors`)
    test.strictSame(bitsOf(listed), bitsOf(state), `${entry.name}: NamedTensors`)
    test.strictSame(outline(loaded), outline(state), `${entry.name}: structure and counts`)
    const [on, from, again] = [state, loaded, listed].map(s => tx.update(gradients[1], s, params as never, extra))
    test.strictSame([bitsOf(from), bitsOf(again)], [bitsOf(on), bitsOf(on)], `${entry.name}: the next step`)
    disposeTree([params, gradients, start, updates, state, loaded, named, listed, on, from, again])
  }
})

onBackends('a null gradient sits the step out; the order of keys does not matter', test => {
  for (const entry of [...rules, ...inOps])
    tf.tidy(() => {
      const tx = made(entry)
      const [params, g] = [1, 2].map(k => ({ a: tf.tensor1d([k, -2]), b: tf.tensor1d([3, k]) })) as [
        never,
        { a: tf.Tensor; b: tf.Tensor },
      ]
      const state = tx.init(params)
      const [updates, next] = tx.update({ a: g.a, b: null }, state, params, extra)
      test.equal(updates.b, null, `${entry.name}: stays null`)
      const untouched = (tree: unknown) => Object.entries(bitsOf(tree)).filter(([path]) => /(^|\.)b$/.test(path))
      test.strictSame(untouched(next), untouched(state), `${entry.name}: slots untouched`)
      const [moved] = makeStep(tx)(params, { a: g.a, b: null } as never, state, extra)
      test.strictSame(untouched(moved), untouched(params), `${entry.name}: parameter untouched`)

      const turned = { b: g.b, a: g.a }
      const [one] = tx.update(g, state, params, extra)
      const [two] = tx.update(turned, tx.init({ b: (params as typeof g).b, a: (params as typeof g).a }), params, extra)
      test.strictSame(bitsOf(two), bitsOf(one), `${entry.name}: key order`)
    })
})

onBackends('1,000 steps leak no tensor in any style of use', async test => {
  const tx = chain(
    made(rules.find(rule => rule.name === 'adamw')!),
    scale(1),
    made(rules.find(rule => rule.name === 'clipByGlobalNorm')!),
  )
  const fresh = () => ({ w: tf.tensor2d([[1, 2]]), b: tf.tensor1d([0.5]) })
  const gradients = fresh()
  const step = makeStep(tx)
  const donated = makeStep(tx, { donate: true })

  const styles: Record<string, () => void> = {
    'without tidy': () => {
      let params = fresh()
      let state = tx.init(params)
      for (let i = 0; i < 1000; i++) {
        const [updates, next] = tx.update(gradients, state, params)
        const moved = applyUpdates(params, updates)
        disposeTree([updates, state, params])
        ;[params, state] = [moved, next]
      }
      disposeTree([params, state])
    },
    'in tidy': () => {
      let both = tidy(() => {
        const params = fresh()
        return [params, tx.init(params)] as const
      })
      for (let i = 0; i < 1000; i++) {
        const old = both
        both = tidy(() => step(old[0], gradients, old[1]))
        disposeTree(old)
      }
      disposeTree(both)
    },
    donated: () => {
      let params = fresh()
      let state = tx.init(params)
      for (let i = 0; i < 1000; i++) [params, state] = donated(params, gradients, state)
      disposeTree([params, state])
    },
    'donated in tidy, kept': () => {
      let params = fresh()
      let state = tx.init(params)
      tensorsOf([params, state]).forEach(([, tensor]) => tf.keep(tensor))
      for (let i = 0; i < 1000; i++)
        tf.tidy(() => {
          ;[params, state] = donated(params, gradients, state)
        })
      test.ok(
        tensorsOf([params, state]).every(([, tensor]) => tensor.kept && !tensor.isDisposed),
        'successors are kept',
      )
      disposeTree([params, state])
    },
    Variables: () => {
      const params = { w: tf.variable(gradients.w), b: tf.variable(gradients.b) }
      let state = tx.init(params)
      for (let i = 0; i < 1000; i++) {
        const [same, next] = donated(params, gradients, state)
        if (same.w !== params.w) throw new Error('another Variable came back')
        state = next
      }
      disposeTree([params, state])
    },
  }
  for (const [name, run] of Object.entries(styles)) {
    const before = jobs()
    test.equal(await leftBehind(run), 0, name)
    sawKernels(name, before, 1000)
  }
  disposeTree(gradients)
})

onBackends('the interpretation of a step is the same on f64', test => {
  const tx = made(rules.find(rule => rule.name === 'adamw')!)
  const params = { w: new Values([1, 2]) }
  const state = { mu: { w: new Values([0, 0]) }, nu: { w: new Values([0, 0]) }, count: 0 }
  const request = {
    who: 'step',
    updates: { w: new Values([0.5, -0.5]) },
    state: [state, { count: 0 }, { count: 0 }],
    params,
    extra: undefined,
  }
  const [update] = runUpdate(f64, tx.program, request).leaves
  const [stepped] = runStep(f64, tx.program, request).leaves
  test.strictSame(
    stepped!.items,
    update!.items.map((u, i) => u + params.w.items[i]!),
  )
})
