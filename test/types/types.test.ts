/** What the types promise; `npm run typecheck` is the judge, so a line here that compiles wrongly fails the build. */
import { resolve } from 'node:path'
import t from 'tap'
import type * as tf from '@tensorflow/tfjs-core'
import ts from 'typescript'
import * as O from '../../lib/index.js'
import { elementwise, mul, nest, select, type Expr } from '../../lib/rule.js'
import { lawsOf, type LawName } from '../../lib/testing.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const is = <_T extends true>(): void => undefined

declare const params: { dense: { kernel: tf.Tensor2D; bias: tf.Variable }; list: [tf.Tensor, { w: tf.Tensor }] }

/** Never called: its body is only typechecked. */
const compiles = (): void => {
  const tx = O.chain(O.clipByGlobalNorm(1), O.scaleByAdam(), O.scale(-1))
  const state = tx.init(params)
  is<Equal<(typeof state)[1]['mu']['dense']['kernel'], tf.Tensor>>()
  is<Equal<(typeof state)[1]['mu']['list'][1]['w'], tf.Tensor>>()
  is<Equal<(typeof state)[0]['count'], number>>()
  // @ts-expect-error clipByGlobalNorm has no slots, so its state has a count and no mu
  state[0].mu
  // @ts-expect-error three links, three states
  state[3]
  // @ts-expect-error states are read only; edit a copy with editState
  state[1].count = 1

  // A gradient may be null; updates come back in the type of the gradients.
  const gradients = { dense: { kernel: params.dense.kernel, bias: null }, list: params.list }
  const [updates, next] = tx.update(gradients, state, params)
  is<Equal<(typeof updates)['dense']['bias'], null>>()
  tx.update(gradients, next, params)
  // @ts-expect-error the state of another chain
  tx.update(gradients, O.chain(O.scale(1)).init(params), params)
  // @ts-expect-error parameters of another structure
  tx.update(gradients, state, { dense: params.dense })

  // The update of a Variable's gradient is a tensor, of the same rank.
  const variable = {} as { readonly w: tf.Variable<tf.Rank.R2>; n: null }
  const [moves] = O.sgd(0.1).update(variable, O.sgd(0.1).init(variable))
  is<Equal<typeof moves, { readonly w: tf.Tensor<tf.Rank.R2>; n: null }>>()
  const generic = <P, F extends O.StateOf>(t: O.GradientTransformation<F>, p: P, g: O.TensorsLike<P>): P =>
    O.applyUpdates(p, t.update(g, t.init(g))[0])
  is<Equal<ReturnType<typeof generic<typeof params, never>>, typeof params>>()

  // mapTree: every tensor becomes what f gives, all else stays.
  const mapped = O.mapTree(
    { w: params.dense.bias, none: null, count: Math.random(), deep: [variable.w] as const },
    x => x.size,
  )
  is<
    Equal<
      typeof mapped,
      { readonly w: number; readonly none: null; readonly count: number; readonly deep: readonly [number] }
    >
  >()
  const maybe = O.mapTree({ w: null as tf.Tensor | null }, () => 'x' as const)
  is<Equal<typeof maybe, { readonly w: 'x' | null }>>()

  // A wrapper of one's own: its state has its own numbers and the states of its parts.
  const wrapper = nest({
    name: 'mine',
    parts: { clip: O.clip(1), inner: O.scaleByAdam() },
    own: { seen: 0 },
    arms: {
      both: { runs: ['clip', 'inner'], next: ({ seen }) => ({ seen: seen + 1 }) },
      one: { runs: ['inner'] },
    },
    pick: ({ seen }, { value }) => (seen < 3 && value !== undefined ? 'both' : 'one'),
  })
  const wrapped = wrapper.init(params)
  is<Equal<(typeof wrapped)['seen'], number>>()
  is<Equal<(typeof wrapped)['inner']['mu']['list'][1]['w'], tf.Tensor>>()
  // @ts-expect-error no part of this name
  nest({ name: 'mine', parts: { inner: O.clip(1) }, arms: { a: { runs: ['iner'] } }, pick: () => 'a' })
  // @ts-expect-error no arm of this name
  nest({ name: 'mine', parts: { inner: O.clip(1) }, arms: { a: { runs: ['inner'] } }, pick: () => 'b' })
  // @ts-expect-error a part must be a transformation
  nest({ name: 'mine', parts: { inner: O.clip } })
  is<Equal<ReturnType<typeof lawsOf>[number]['name'], LawName>>()
  lawsOf('mine', ({ rate }) => O.sgd(rate ?? 1), { hyper: { rate: 1 }, except: { zeros: 'a reason' } })
  // @ts-expect-error no law of this name
  lawsOf('mine', () => O.sgd(1), { except: { zero: 'a reason' } })

  // Places by path: typed where the path is known, unknown where it is looked for.
  is<Equal<O.AtPath<typeof state, '1.mu.dense.kernel'>, tf.Tensor>>()
  is<Equal<O.AtPath<typeof state, '1.mu.list.1.w'>, tf.Tensor>>()
  is<Equal<O.AtPath<typeof state, readonly [1, 'mu', 'list', 1, 'w']>, tf.Tensor>>()
  is<Equal<O.AtPath<typeof state, '1.count'>, number>>()
  is<Equal<O.AtPath<typeof state, ''>, typeof state>>()
  is<Equal<O.AtPath<typeof state, 'mu'>, unknown>>()
  is<Equal<O.AtPath<typeof state, string>, unknown>>()
  is<Equal<O.AtPath<readonly number[], '7'>, number>>()
  is<Equal<O.AtPath<{ readonly mu: Record<string, tf.Tensor> }, 'mu.dense/kernel'>, tf.Tensor>>()
  is<Equal<O.AtPath<{ readonly mu: Record<string, tf.Tensor> }, 'mu.dense.kernel'>, unknown>>()
  is<Equal<O.AtPath<{ readonly 'a.b': 1; readonly a: { readonly b: 2 } }, readonly ['a', 'b']>, 2>>()
  is<Equal<ReturnType<typeof O.treeGet<typeof state, '1.mu.list.1.w'>>, tf.Tensor>>()
  O.treeGet(state, [1, 'mu', 'list', 1, 'w']).shape.join()
  O.treeSet(state, '1.count', count => count + 1)[1].count.toFixed()
  // @ts-expect-error a count is a number
  O.treeSet(state, '1.count', 'x')

  // A training run keeps the types of its parts and the user's own fields.
  const run = O.createTrainState({ params: variable, tx: O.adam(0.1), epoch: 1, apply: (x: tf.Tensor) => x })
  is<Equal<(typeof run)['optState'][0]['mu']['w'], tf.Tensor>>()
  is<Equal<(typeof run)['epoch'], number>>()
  const stepped = O.applyGradients(run, { w: variable.w, n: null }, { extra: { value: 1 } })
  is<Equal<typeof stepped, typeof run>>()
  const spread = O.applyGradients({ ...run, epoch: 2 }, { w: variable.w, n: null }, { donate: true })
  is<Equal<(typeof spread)['params'], typeof variable>>()
  // @ts-expect-error gradients of other parameters
  O.applyGradients(run, { v: variable.w })
  // @ts-expect-error a run has a transformation
  O.createTrainState({ params: variable })
  O.createTrainState({ params: variable, tx: O.adam(0.1), optState: O.adam(0.1).init(variable), step: 3 })
  const replicated = O.createTrainState({ params: variable, tx: O.chain(O.aggregate('mean'), O.sgd(1)) })
  O.applyGradients(replicated, [variable, variable])
  // @ts-expect-error one tree of gradients for each replica
  O.applyGradients(replicated, variable)

  // Steps keep the type of the parameters, Variables included.
  const [moved, after] = O.makeStep(tx, { donate: true })(params, gradients, state)
  is<Equal<typeof moved, typeof params>>()
  is<Equal<typeof after, typeof state>>()
  // @ts-expect-error gradients must have the structure of the parameters
  O.makeStep(tx)(params, { dense: gradients.dense }, state)
  // @ts-expect-error an unknown option
  O.makeStep(tx, { donated: true })

  // Any transformation is a GradientTransformation; several fit a list; one of two makes a step.
  const takes = (one: O.GradientTransformation): O.GradientTransformation => one
  takes(O.adamw(0.1))
  const several: readonly O.GradientTransformation[] = [O.adam(0.1), O.sgd(0.1), O.clip(1)]
  O.chain(...several).init(params)
  O.monoid.concat(O.adam(0.1), O.sgd(0.1))
  // @ts-expect-error aggregate takes a list of trees, a GradientTransformation one
  takes(O.aggregate('mean'))
  const either = Math.random() < 0.5 ? O.adam(0.1) : O.sgd(0.1)
  O.makeStep(either)(params, gradients, either.init(params) as never)
  const step = O.makeStep({ init: () => ({ n: 1 }), update: <U>(u: U, n: { n: number }) => [u, n] as const })
  is<Equal<ReturnType<typeof step<typeof params>>[1], { n: number }>>()
  const options: O.SgdOptions = {}
  takes(O.sgd(0.1, options))
  takes(O.sgd(0.1, { nesterov: true }))

  // Generic code of a user: gradients from valueAndGrad fit the step.
  const train = <P, F extends O.StateOf>(t: O.GradientTransformation<F>, p: P, lossOf: (p: P) => tf.Tensor): P => {
    const [, g] = O.valueAndGrad(lossOf)(p)
    const [out] = O.makeStep(t)(p, g, t.init(p))
    return O.applyUpdates(out, g)
  }
  is<Equal<ReturnType<typeof train<typeof params, never>>, typeof params>>()

  // Named and nested chains, masks, plain pairs of functions.
  const named = O.namedChain(['clip', O.clip(1)], ['adam', O.chain(O.scaleByAdam(), O.identity())])
  const s = named.init(params)
  is<Equal<(typeof s)['adam'][0]['nu']['dense']['bias'], tf.Tensor>>()
  is<Equal<(typeof s)['adam'][1], readonly []>>()
  const masked = O.masked(O.trace(0.9), true).init(params)
  is<Equal<(typeof masked)['trace']['dense']['kernel'], tf.Tensor | null>>()
  const mine = { init: () => ({ steps: 0 }), update: <U>(u: U, st: { steps: number }) => [u, st] as const }
  const withMine = O.chain(mine, O.scale(1)).init(params)
  is<Equal<(typeof withMine)[0]['steps'], number>>()
  is<Equal<(typeof withMine)[1]['count'], number>>()

  // Recipes: momentum adds a slot, in the types too.
  const momentum = O.sgd(0.1, { momentum: 0.9 }).init(params)
  is<Equal<(typeof momentum)[0]['trace']['dense']['kernel'], tf.Tensor>>()
  // @ts-expect-error without momentum there is no trace
  O.sgd(0.1).init(params)[0].trace

  // Wrong chains do not compile.
  // @ts-expect-error a factory is not a transformation: call it
  O.chain(O.scaleByAdam)
  // @ts-expect-error a link that may be missing
  O.chain(O.clip(1), Math.random() < 0.5 ? O.scale(1) : undefined)
  const first = O.namedChain(['agg', O.aggregate('mean')], ['scale', O.scale(1)])
  first.update([gradients], first.init(params), params)
  // @ts-expect-error a stack of replicas must come first as well
  O.chain(O.scale(1), O.aggregate('mean', { axis: 0 }))
  // @ts-expect-error a mask would meet gradients of another shape
  O.masked(O.aggregate('mean', { axis: 0 }), true)
  O.chain(O.aggregate('mean', { axis: 0 }), O.scale(1)).update(gradients, [{}, { count: 0 }], params)
  // @ts-expect-error aggregate takes a tree per replica, so it must be the first link
  O.chain(O.scale(1), O.aggregate('mean'))
  const many = O.chain(O.aggregate('mean', { each: O.clip(1) }), O.scale(1))
  is<Equal<ReturnType<typeof many.init<typeof params>>[0]['each']['count'], number>>()
  many.update([gradients, gradients], many.init(params), params)
  // @ts-expect-error a list of gradient trees is expected
  many.update(gradients, many.init(params), params)
  // @ts-expect-error an unknown option
  O.scaleByAdam({ beta1: 0.9 })
  // @ts-expect-error the rate is required
  O.adamw()

  // Rules: slots must be returned, conditions are no numbers, inputs are known by name.
  // @ts-expect-error the slot m is not returned
  elementwise({ name: 'r', slots: { m: 0 }, step: ({ u }) => ({ u }) })
  // @ts-expect-error there is no input v
  elementwise({ name: 'r', slots: { m: 0 }, step: ({ u, v }) => ({ u, m: v }) })
  // @ts-expect-error there is no scalar rate
  elementwise({ name: 'r', step: ({ u }, { rate }) => ({ u: mul(u, rate) }) })
  const u = {} as Expr
  // @ts-expect-error select wants a condition, not a number
  select(u, 1, 2)

  // valueAndGrad: gradients like the parameters, aux by request.
  const lossOf = (p: typeof params, x: tf.Tensor): tf.Tensor => (p.dense.bias, x)
  const [loss, grads] = O.valueAndGrad(lossOf)(params, params.dense.kernel)
  is<Equal<typeof loss, tf.Scalar>>()
  // A leaf that is not float32 has the gradient null, and the type of a tensor does not say which it is.
  is<Equal<(typeof grads)['dense']['bias'], tf.Tensor | null>>()
  // @ts-expect-error it may be null
  grads.dense.bias.dispose()
  const [[, steps], slopes] = O.valueAndGrad((p: { w: tf.Tensor; steps: tf.Scalar }) => [p.w, p.steps] as const, {
    hasAux: true,
  })({ w: params.dense.kernel, steps: loss })
  is<
    Equal<
      [typeof steps, typeof slopes],
      [tf.Scalar, { readonly w: tf.Tensor | null; readonly steps: tf.Tensor | null }]
    >
  >()
  is<
    Equal<
      ReturnType<ReturnType<typeof O.valueAndGrad<readonly [tf.Variable, null], []>>>[1],
      readonly [tf.Tensor | null, tf.Tensor | null]
    >
  >()
  // @ts-expect-error the loss function wants a second argument
  O.valueAndGrad(lossOf)(params)
  const [[, aux]] = O.valueAndGrad((_: typeof params) => [loss, 'note'] as const, { hasAux: true })(params)
  is<Equal<typeof aux, 'note'>>()

  // editState: drafts are writable, tensors stay tensors.
  O.editState(state, draft => {
    draft[1].count = 3
    draft[1].mu.dense.kernel = params.dense.kernel
    // @ts-expect-error no such slot
    draft[1].nuMax
  })
}

/** Wrong calls, and the last line of what the compiler says. */
const wrong: Readonly<Record<string, RegExp>> = {
  'O.chain(O.clip(1), { init: 3 })': /"chain: link 1 is not a transformation \{init, update\}"/,
  'O.chain(O.clip(1), { init: () => 0, update: (u: number) => u })': /"chain: link 1 is not a transformation/,
  'O.chain(O.adam)': /"chain: link 0 is a function, not a transformation: call its factory/,
  'O.chain(O.clip(1), O.scale(1), O.clip(1), O.scale(1), O.clip(1), O.scale(1), O.adamw)':
    /"chain: link 6 is a function/,
  'O.chain(O.clip(1), O.constantSchedule(1))':
    /'Schedule'.*"chain: link 1 is a function.* wrap a schedule in scaleBySchedule"/,
  'O.chain(O.clip(1), Promise.resolve(O.adam(1)))': /"chain: link 1 is a promise: await it"/,
  "O.chain(O.clip(1), O.aggregate('mean'))":
    /"chain: link 1 takes the gradients of all replicas, so it must be the first/,
  'O.chain(O.clip(1), undefined)': /'undefined'.*"chain: link 1 is not/,
  'O.chain(O.clip(1), 0.1)': /'0.1'.*"chain: link 1 is not/,
  'O.chain([O.clip(1), O.scale(1)])': /"chain: link 0 is not/,
  "O.namedChain(['clip', O.clip(1)], ['adam', O.adam])": /"namedChain: link 1 is a function/,
  "O.namedChain(['clip', O.clip(1)], ['x', { init: 3 }])": /"namedChain: link 1 is not a transformation/,
  'O.namedChain(O.clip(1))': /"namedChain: link 0 is not/,
  'O.makeStep(O.adam)': /"makeStep: tx is a function/,
  'O.makeStep(Promise.resolve(O.adam(1)))': /"makeStep: tx is a promise: await it"/,
  'O.makeStep({ init: 3 })': /"makeStep: tx is not a transformation/,
  'O.makeStep(O.adam(1), true)': /'true' has no properties in common with type 'StepOptions'/,
  'O.makeStep(O.adam(1), { donated: true })':
    /'donated' does not exist in type 'StepOptions'. Did you mean to write 'donate'/,
  'O.makeStep(O.adam(1), { donate: 1 })': /'number' is not assignable to type 'boolean | undefined'/,
  'O.masked(O.adam, true)': /not assignable to parameter of type 'Link'/,
  'O.valueAndGrad(3)': /'number' is not assignable/,
  'O.valueAndGrad((_: typeof params) => 3)': /'number' is not assignable to type 'Tensor<Rank>'/,
  'O.valueAndGrad((_: typeof params) => [params.w, 1] as const)':
    /readonly \[.*is not assignable to type 'Tensor<Rank>'/,
}

t.test('a wrong call is told in three lines at most, which name what is wrong', test => {
  const { config } = ts.readConfigFile('tsconfig.json', path => ts.sys.readFile(path)) as { config: object }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.')
  const head = [
    `import type * as tf from '@tensorflow/tfjs-core'`,
    `import * as O from '../../lib/index.js'`,
    'declare const params: { w: tf.Tensor }',
    'void params',
  ]
  const file = resolve('test/types/wrong.ts')
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  const text = [...head, ...Object.keys(wrong)].join('\n')
  host.fileExists = path => path === file || fileExists.call(host, path)
  host.getSourceFile = (path, ...rest) =>
    path === file ? ts.createSourceFile(path, text, ts.ScriptTarget.ESNext) : getSourceFile.call(host, path, ...rest)
  const program = ts.createProgram([file], { ...options, noEmit: true }, host)
  const said = new Map<number, string[]>()
  for (const { file: source, start = 0, messageText } of ts.getPreEmitDiagnostics(
    program,
    program.getSourceFile(file),
  )) {
    const line = source?.getLineAndCharacterOfPosition(start).line ?? -1
    said.set(line, [...(said.get(line) ?? []), ts.flattenDiagnosticMessageText(messageText, '\n')])
  }
  Object.entries(wrong).forEach(([code, says], i) => {
    const all = said.get(head.length + i) ?? []
    test.equal(all.length, 1, `${code}: one error`)
    const lines = all.join('\n').split('\n')
    test.ok(lines.length <= 3, `${code}: ${lines.length} lines`)
    test.match(lines.at(-1), says, code)
    test.ok((lines.at(-1) ?? '').length < 480, `${code}: ${lines.at(-1)?.length} letters`)
  })
  test.end()
})

t.test('types', test => {
  test.type(compiles, 'function', 'typechecked by npm run typecheck')
  test.end()
})
