/** The packed package in an empty folder: its files and types, Node, bundlers, bare pages, and what the README shows. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build as esbuild, transformSync } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { rollup, type Plugin } from 'rollup'
import t from 'tap'
import ts from 'typescript'
import { build as vite } from 'vite'
import webpack from 'webpack'
import { inBrowser } from '../browser/installed.js'
import { childEnv } from '../childEnv.js'
import { openPrograms } from '../recipes/inBrowser.js'
import { everyThird, thorough } from '../thorough.js'
import { difference } from '../recipes/alike.js'
import { folder as recipes, pages as recipePages, programsOf, workersOf } from '../recipes/pages.js'
import { consumer } from './consumer.js'
import { packed } from './packed.js'
import { openFolder } from './pages.js'

// Its types say that the ES module has its function in `default.default`.
const commonjs = createRequire(import.meta.url)('@rollup/plugin-commonjs') as () => Plugin

const { folder, tarball, files, remove } = packed()
t.teardown(remove)

const entries = ['', '/core', '/rule', '/legacy', '/config', '/node', '/testing']
const write = (name: string, text: string): string => {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}
const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: childEnv(),
  })

t.test('the tarball has what a user needs, and nothing else', test => {
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE', 'package.json', 'lib/index.ts'])
    test.ok(files.includes(file), file)
  for (const entry of ['index', 'core', 'rule', 'legacy', 'config', 'testing'])
    for (const file of [`dist/${entry}.js`, `dist/${entry}.d.ts`, `dist/browser/${entry}.js`])
      test.ok(files.includes(file), file)
  test.ok(files.includes('dist/browser/global.js'))
  const strange = files.filter(file => !/^(dist|lib)\/|^(README|CHANGELOG)\.md$|^LICENSE$|^package\.json$/.test(file))
  test.strictSame(strange, [])
  const bytes = readFileSync(tarball).length
  test.ok(bytes < 2.2e6, `${bytes} bytes`)
  const script = readFileSync(join(folder, 'node_modules/tfjs-optax/dist/browser/global.js')).length
  test.ok(script < 560_000, `${script} bytes of the script for pages`)
  test.end()
})

t.test('publint and Are the types wrong find nothing', async test => {
  const pkgDir = join(folder, 'node_modules/tfjs-optax')
  const { messages, pkg } = await publint({ pkgDir, pack: false, strict: true })
  test.strictSame(
    messages.map(message => formatMessage(message, pkg, { color: false })),
    [],
  )
  // `require` of ES modules, which Node has had since 20.19, is what it calls an error.
  const rules = ['--ignore-rules', 'cjs-resolves-to-esm', '--exclude-entrypoints', './browser/*']
  const attw = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')
  const said = node(join(dirname(attw), 'dist/index.js'), tarball, '--no-color', '--format', 'ascii', ...rules)
  test.match(said, /No problems found/)
  test.end()
})

t.test('every entry is there for import and for require, as one copy', test => {
  const names = entries.map(entry => `'tfjs-optax${entry}'`)
  const modules = write(
    'entries.mjs',
    `import '@tensorflow/tfjs-layers'\n${names.map((name, i) => `import * as m${i} from ${name}\n`).join('')}console.log(${names.map((_, i) => `Object.keys(m${i}).length`).join()})`,
  )
  const required = write(
    'entries.cjs',
    `require('@tensorflow/tfjs-layers')\nconsole.log(${names.map(name => `Object.keys(require(${name})).filter(key => key !== '__esModule' && key !== 'module.exports').length`).join()})
    import('tfjs-optax').then(({ adamw }) => console.log(adamw === require('tfjs-optax').adamw))`,
  )
  const counts = node(modules).trim()
  test.match(counts, /^\d+( \d+){6}$/)
  test.equal(node(required), `${counts}\ntrue\n`)
  test.end()
})

const blocks = (file: string, language: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(new RegExp('```' + language + '\\n([\\s\\S]*?)```', 'g'))].map(
    ([, code = '']) => code,
  )
const readme = blocks('README.md', 'ts')
const asScript = (code: string): string => transformSync(code, { loader: 'ts', format: 'esm' }).code

t.test("the README's first block prints what the README says", test => {
  const file = write('first.mjs', asScript(readme[0] ?? ''))
  const start = performance.now()
  const printed = node(
    '--input-type=module',
    '--eval',
    `import 'data:text/javascript,globalThis.process.env.TF_CPP_MIN_LOG_LEVEL=3'; await import(${JSON.stringify(file)})`,
  )
  test.comment(`first success after ${((performance.now() - start) / 1000).toFixed(1)} s`)
  test.equal(lines(printed), blocks('README.md', 'text')[0])
  test.end()
})

/** What a program printed, without tfjs's banner. */
const lines = (printed: string): string => printed.replace(/^=+\n[\s\S]*?^=+\n/gm, '')

t.test('every block of the README runs as it stands', test => {
  const names = readme.map((code, i) => write(`readme/${i}.mjs`, asScript(code)))
  test.ok(names.length > 10)
  const all = write(
    'readme.mjs',
    `for (const name of ${JSON.stringify(names)}) { await import(name); console.log('ran ' + name) }`,
  )
  const printed = node(all)
  for (const name of names) test.ok(printed.includes(`ran ${name}`), name)
  test.end()
})

/** Runs the programs of recipes one after the other, and prints the lines of each. */
const recipeRunner = (programs: readonly string[]): string => `
import * as tf from '@tensorflow/tfjs-core'
const { log } = console
for (const name of ${JSON.stringify(programs)}) {
  const lines = []
  console.log = (...words) => lines.push(words.map(String).join(' '))
  await import('./${recipes}/' + name)
  console.log = log
  tf.disposeVariables()
  log(JSON.stringify({ name, said: lines.join('\\n') }))
}
`

write('package.json', '{ "type": "module" }')
cpSync(recipes, join(folder, recipes), { recursive: true })

t.test('recipes in the folder print what their pages say', test => {
  for (const name of readdirSync(join(folder, recipes), { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.ts'))
      write(join(recipes, name.replace(/ts$/, 'js')), asScript(readFileSync(join(recipes, name), 'utf8')))
  const blocks = recipePages.flatMap(page => programsOf(page, false))
  test.ok(blocks.length > 20, `${blocks.length} programs`)
  const some = everyThird(blocks)
  const names = some.map(({ file }) => file.replace(/ts$/, 'js'))
  const said = new Map(
    lines(node(write('recipes.js', recipeRunner(names))))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { readonly name: string; readonly said: string })
      .map(one => [one.name, one.said]),
  )
  for (const { file, text } of some) test.equal(difference(said.get(file.replace(/ts$/, 'js')) ?? '', text), null, file)
  test.end()
})

inBrowser('recipes for a browser print it there', async (test, browser) => {
  const blocks = recipePages.flatMap(page => programsOf(page, true))
  const files = [...blocks.map(({ file }) => file), ...workersOf(recipePages)]
  const opened = await openPrograms(browser, join(folder, recipes), files)
  test.teardown(opened.close)
  for (const { file, text } of everyThird(blocks))
    test.equal(difference((await opened.run(file)).printed, text), null, file)
})

t.test('types resolve under every resolution, with library checks on', test => {
  const { ModuleKind, ModuleResolutionKind } = ts
  // TypeScript's name of it is deprecated, and projects still have it.
  const node10 = 2 as ts.ModuleResolutionKind
  for (const [name, module, moduleResolution] of [
    ['node16', ModuleKind.Node16, ModuleResolutionKind.Node16],
    ['nodenext', ModuleKind.NodeNext, ModuleResolutionKind.NodeNext],
    ['bundler', ModuleKind.ESNext, ModuleResolutionKind.Bundler],
    ['node10', ModuleKind.ESNext, node10],
  ] as const) {
    const file = write(`types/${name}.mts`, consumer)
    const program = ts.createProgram([file], {
      module,
      moduleResolution,
      target: ts.ScriptTarget.ES2022,
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: [],
      ignoreDeprecations: '6.0',
    })
    // tfjs's own declarations conflict with those of TypeScript's DOM.
    const ours = program
      .getSourceFiles()
      .filter(({ fileName }) => fileName === file || fileName.includes('/tfjs-optax/'))
    test.ok(ours.length > 100, `${ours.length} files`)
    const wrong = ours.flatMap(one => [...program.getSyntacticDiagnostics(one), ...program.getSemanticDiagnostics(one)])
    test.strictSame(
      wrong.map(one => ts.flattenDiagnosticMessageText(one.messageText, '\n')),
      [],
      name,
    )
  }
  test.end()
})

/** Three steps; `found` are the parameters. */
const program = `
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { adamw, chain, clipByGlobalNorm, explain, makeStep } from 'tfjs-optax'
await tf.setBackend('cpu')
const tx = chain(clipByGlobalNorm(1), adamw(0.1))
const step = makeStep(tx, { donate: true })
let params = { w: tf.tensor1d([1, -2, 3]) }
let state = tx.init(params)
for (let i = 0; i < 3; i++) [params, state] = step(params, { w: tf.tensor1d([0.5, i, -4]) }, state)
const found = { w: [...await params.w.data()], by: explain(tx).split('\\n')[0] }
`
const inNode = `${program}\nconsole.log(JSON.stringify(found))`
const onPage = `${program}\nglobalThis.found = found`

type Bundle = (entry: string, out: string) => Promise<void>
const bundlers: Readonly<Record<string, Bundle>> = {
  esbuild: async (entryPoint, outfile) => {
    await esbuild({
      entryPoints: [entryPoint],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      logLevel: 'error',
    })
  },
  vite: async (entry, out) => {
    await vite({
      root: folder,
      logLevel: 'error',
      build: {
        outDir: dirname(out),
        emptyOutDir: false,
        target: 'es2022',
        rolldownOptions: { input: entry, output: { entryFileNames: 'vite.js' } },
      },
    })
  },
  rollup: async (input, file) => {
    const built = await rollup({
      input,
      plugins: [nodeResolve({ browser: true, preferBuiltins: false }), commonjs()],
      external: /^node:/,
      onwarn: () => undefined, // tfjs has circles and \`this\` at the top
    })
    await built.write({ file, format: 'es', inlineDynamicImports: true })
    await built.close()
  },
  webpack: (entry, out) =>
    new Promise((done, fail) => {
      webpack(
        {
          mode: 'production',
          target: ['web', 'es2022'],
          context: folder,
          entry,
          output: { path: dirname(out), filename: 'webpack.js' },
          optimization: { minimize: false },
          performance: { hints: false },
        },
        (fault, stats) => {
          if (fault !== null) fail(fault)
          else if (stats?.hasErrors() === true) fail(new Error(stats.toString('errors-only')))
          else done()
        },
      )
    }),
}

const pageOf = (script: string): string => `<!doctype html><meta charset="utf-8"><title>it</title>${script}`

inBrowser('bundles of four bundlers, and bare pages, compute what Node does', async (test, browser) => {
  const want: unknown = JSON.parse(lines(node(write('steps.mjs', inNode))))
  test.match(want, { by: /^cpu: generated kernels/ })
  const entry = write('page.js', onPage)
  const pages = await openFolder(browser, folder)
  test.teardown(pages.close)

  for (const [name, bundle] of Object.entries(bundlers).slice(0, thorough ? undefined : 2)) {
    await bundle(entry, join(folder, `${name}.js`))
    write(`${name}.html`, pageOf(`<script type="module" src="/${name}.js"></script>`))
    test.strictSame(await pages.found(`${name}.html`), want, name)
  }

  // As a CDN serves it: tfjs as one ES module.
  await esbuild({
    entryPoints: [resolve('node_modules/@tensorflow/tfjs/dist/index.js')],
    outfile: join(folder, 'tfjs.js'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'error',
  })
  const imports = {
    '@tensorflow/tfjs-core': '/tfjs.js',
    '@tensorflow/tfjs-backend-cpu': '/tfjs.js',
    'tfjs-optax': '/node_modules/tfjs-optax/dist/browser/index.js',
  }
  write(
    'map.html',
    pageOf(`<script type="importmap">${JSON.stringify({ imports })}</script><script type="module">${onPage}</script>`),
  )
  test.strictSame(await pages.found('map.html'), want, 'an import map, without a bundler')

  copyFileSync('node_modules/@tensorflow/tfjs/dist/tf.min.js', join(folder, 'tf.min.js'))
  const [html = ''] = blocks('README.md', 'html')
  const local = html
    .replace(/src="[^"]*tf\.min\.js"/, 'src="/tf.min.js"')
    .replace(/src="[^"]*npm\/tfjs-optax"/, 'src="/node_modules/tfjs-optax/dist/browser/global.js"')
  test.not(local, html, "the README's scripts are found")
  const body = onPage.replace(/^import .*$/gm, '')
  write(
    'global.html',
    pageOf(
      `${local}<script type="module">const { adamw, chain, clipByGlobalNorm, explain, makeStep } = tfjsOptax;${body}\nglobalThis.found.rate = optimizer.learningRate</script>`,
    ),
  )
  test.strictSame(await pages.found('global.html'), { ...(want as object), rate: 0.01 }, 'scripts alone')
  write(
    'alone.html',
    pageOf(
      `<script>addEventListener('error', event => { globalThis.found ??= event.message })</script>${local.replace(/<script src="\/tf.*?<\/script>/, '')}`,
    ),
  )
  test.match(await pages.found('alone.html'), /the script of tfjs must come first/, 'and say what is missing')
})

/** What `fit` of AdamWeightDecay leaves on a backend. */
const fitting = (backend: string) => `
import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { AdamWeightDecay } from 'tfjs-optax/legacy'
import { ready } from 'tfjs-optax'
if (typeof document !== 'undefined') setWasmPaths('/')
await tf.setBackend('${backend}')
const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 })
const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4], kernelInitializer })] })
const optimizer = new AdamWeightDecay({ learningRate: 0.05, weightDecayRate: 0.01, excludeFromWeightDecay: ['bias'] })
model.compile({ optimizer, loss: 'meanSquaredError' })
const [x, y] = [tf.linspace(-1, 1, 64).reshape([16, 4]), tf.linspace(1, 0, 48).reshape([16, 3])]
const { history } = await model.fit(x, y, { epochs: 10, batchSize: 4, shuffle: false, verbose: 0 })
const found = { backend: tf.getBackend(), loss: history.loss }
`

inBrowser('fit with AdamWeightDecay on webgl and wasm in a browser goes as it does in Node', async (test, browser) => {
  const file = write('fitting.mjs', `${fitting('cpu')}\nconsole.log(JSON.stringify(found))`)
  const { loss } = JSON.parse(lines(node(file))) as { readonly loss: readonly number[] }
  test.ok((loss.at(-1) ?? NaN) < (loss[0] ?? NaN) / 3, loss.join(' '))
  const binaries = 'node_modules/@tensorflow/tfjs-backend-wasm/dist'
  for (const name of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm'])
    copyFileSync(join(binaries, name), join(folder, name))
  const pages = await openFolder(browser, folder)
  test.teardown(pages.close)
  for (const backend of ['webgl', 'wasm']) {
    const entry = write(`fit-${backend}.ts`, `${fitting(backend)}\nglobalThis.found = found`)
    await bundlers['esbuild']?.(entry, join(folder, `fit-${backend}.js`))
    write(`fit-${backend}.html`, pageOf(`<script type="module" src="/fit-${backend}.js"></script>`))
    const found = (await pages.found(`fit-${backend}.html`)) as { backend: string; loss: number[] }
    test.equal(found.backend, backend)
    const off = found.loss.map((x, i) => Math.abs(x / (loss[i] ?? NaN) - 1))
    test.ok(Math.max(...off) < 1e-3, `${backend}: ${Math.max(...off)}`)
  }
})
