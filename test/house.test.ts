/** The house rules that a program can hold: imports point downward, files do one thing, public names are documented. */
import { readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import t from 'tap'

const files = readdirSync('lib', { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .sort()
const sources = new Map(files.map(file => [file, readFileSync(join('lib', file), 'utf8')]))

/** Layers from the top down. A file may import from its own layer's folder and from those below. */
const layers: readonly (readonly string[])[] = [
  ['global.ts'],
  ['index.ts'],
  ['core.ts', 'node.ts'],
  ['optimizers.ts', 'transforms.ts', 'wrappers.ts', 'schedules.ts'],
  ['rule.ts'],
  ['testing.ts', 'mpi.ts'],
  ['testing/', 'mpi/'],
  ['legacy.ts', 'config.ts'],
  ['legacy/'],
  ['shell/'],
  ['config/'],
  ['optimizers/'],
  ['transforms/', 'wrappers/', 'replicas/'],
  ['schedules/'],
  [
    'describe.ts',
    'hyperparams.ts',
    'explain.ts',
    'ready.ts',
    'apply.ts',
    'byPathRunner.ts',
    'cellRunner.ts',
    'complete.ts',
    'elementwise.ts',
    'nest.ts',
    'tensorwise.ts',
    'grad.ts',
    'hessian.ts',
    'globalNorm.ts',
    'averages.ts',
    'scheduleFreeEval.ts',
    'averagedParams.ts',
    'trainState.ts',
    'setParams.ts',
    'stopEarly.ts',
    'findLearningRate.ts',
    'charts/',
    'chain.ts',
    'io/',
  ],
  ['consume.ts'],
  ['transform.ts'],
  ['run.ts'],
  ['backends/'],
  ['plan/'],
  ['program/'],
  ['random/'],
  ['rule/'],
  ['tree/'],
  ['call/'],
  ['recent.ts'],
  ['errors/'],
  ['errors.ts'],
]
const layerOf = (file: string): number =>
  layers.findIndex(names => names.some(name => file === name || (name.endsWith('/') && file.startsWith(name))))

const importsOf = (source: string): string[] =>
  [...source.replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/^(?:import|export)[^'"]*?from '([^']+)'/gms)].map(
    match => match[1]!,
  )

t.test('imports point downward', test => {
  for (const [file, source] of sources) {
    test.not(layerOf(file), -1, `${file} has a layer`)
    for (const path of importsOf(source).filter(x => x.startsWith('.'))) {
      const target = normalize(join(dirname(file), path)).replace(/\.js$/, '.ts')
      test.ok(sources.has(target), `${file} imports ${target}, which is there`)
      const [from, to] = [layerOf(file), layerOf(target)]
      test.ok(to > from || (to === from && from > 1), `${file} imports ${target}: ${from} to ${to}`)
    }
  }
  test.end()
})

/** Transformations that are not per element, in tfjs ops by `tensorwise`. */
const matrixLinks: ReadonlySet<string> = new Set([
  'transforms/muon.ts',
  'transforms/matrices.ts',
  'transforms/newtonSchulz.ts',
  'transforms/scaleByShape.ts',
  'transforms/axes.ts',
  'transforms/adaptiveGradClip.ts',
  'transforms/addNoise.ts',
  'transforms/centralize.ts',
  'transforms/factoredRms.ts',
  'transforms/sm3.ts',
  'transforms/sophia.ts',
  'transforms/spread.ts',
])

t.test('packages: the declared ones, each where it belongs', test => {
  const allowed: Readonly<Record<string, (file: string) => boolean>> = {
    '@tensorflow/tfjs-core': file => !file.startsWith('schedules/') && !/^(rule|program|plan|random)\//.test(file),
    'fp-ts': () => true,
    immer: file => file === 'tree/edit.ts',
    'io-ts': file => file.startsWith('io/') || file.startsWith('config/') || file.startsWith('legacy/'),
  }
  for (const [file, source] of sources)
    for (const name of importsOf(source).filter(x => !x.startsWith('.')))
      test.ok(allowed[name]?.(file), `${file} imports ${name}`)
  const ops = /\btf\.\w+|from '@tensorflow\/tfjs-core'/
  for (const [file, source] of sources)
    if (file.startsWith('transforms/') && !matrixLinks.has(file)) {
      const code = source.replace(/\/\*[\s\S]*?\*\//g, '')
      test.notMatch(code, ops, `${file} knows no tfjs op`)
      test.notOk(
        importsOf(source).some(path => path.includes('backends')),
        `${file} knows no backend`,
      )
    }
  test.end()
})

t.test('no import circle, types included', test => {
  const targets = (file: string): string[] =>
    importsOf(sources.get(file) ?? '')
      .filter(path => path.startsWith('.'))
      .map(path => normalize(join(dirname(file), path)).replace(/\.js$/, '.ts'))
  const [done, open] = [new Set<string>(), [] as string[]]
  const visit = (file: string): void => {
    if (done.has(file)) return
    const at = open.indexOf(file)
    if (at >= 0) {
      test.fail([...open.slice(at), file].join(' > '))
      return
    }
    open.push(file)
    targets(file).forEach(visit)
    open.pop()
    done.add(file)
  }
  files.forEach(visit)
  test.equal(done.size, files.length)
  test.end()
})

t.test('one name, one concept: no type name is declared in two files', test => {
  const places = new Map<string, string[]>()
  for (const [file, source] of sources)
    for (const [, name] of source.matchAll(/^(?:export )?(?:interface|type|class) (\w+)\b(?! *\})/gm))
      places.set(name!, [...(places.get(name!) ?? []), file])
  for (const [name, found] of places) test.equal(found.length, 1, `${name} is in ${found.join(', ')}`)
  test.end()
})

t.test('files do one thing and say so in their names', test => {
  for (const [file, source] of sources) {
    test.notMatch(basename(file), /^(utils?|helpers?|common|types|misc)\.ts$/, `${file}: a telling name`)
    const lines = source.split('\n').length
    test.ok(lines <= 250, `${file}: ${lines} lines`)
    test.notMatch(
      source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''),
      /[:<]\s*any\b|\bas any\b|@ts-ignore|@ts-nocheck/,
      `${file}: no any`,
    )
  }
  test.end()
})

t.test('every name of the public entry has a doc comment with an example, which test/docs runs', test => {
  const lists = ['core.ts', 'node.ts', 'mpi.ts', 'optimizers.ts', 'schedules.ts', 'transforms.ts', 'wrappers.ts']
  const index = lists.map(file => sources.get(file)!).join('\n')
  for (const match of index.matchAll(/export \{([^}]+)\} from '\.\/([^']+)\.js'/g)) {
    const [, names, path] = match
    const source = sources.get(`${path}.ts`)!
    for (const name of names!
      .split(',')
      .map(x => x.trim())
      .filter(x => x !== '' && !x.startsWith('type '))) {
      const at = source.search(new RegExp(`^export (const|class|function|async function) ${name}\\b`, 'm'))
      test.not(at, -1, `${name} is in ${path}`)
      if (/^[A-Z]/.test(name)) continue // error classes, documented at the head of their file
      const before = source.slice(0, at).trimEnd()
      const comment = before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : ''
      test.match(comment, '@example', `${name} has a doc comment with an example`)
    }
  }
  test.end()
})

t.test('no other entry reaches MPI, so no bundle for a browser sees it', test => {
  for (const [file, source] of sources)
    if (file !== 'mpi.ts' && !file.startsWith('mpi/'))
      for (const path of importsOf(source).filter(x => x.startsWith('.'))) {
        const target = normalize(join(dirname(file), path))
        test.notOk(target === 'mpi.js' || target.startsWith('mpi/'), `${file} imports ${path}`)
      }
  test.end()
})

t.test('nothing names a registry or a path of a machine', test => {
  const lock = readFileSync('package-lock.json', 'utf8')
  test.notMatch(lock, /"resolved"/, 'the lock file records no host')
  for (const [file, source] of sources)
    test.notMatch(source, /\/(work|tmp|home|root)\//, `${file}: no path of a machine`)
  test.end()
})
