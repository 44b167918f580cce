/**
 * Every example of the documentation runs: the `@example` of each doc comment, and the `ts` blocks of README and guides.
 * A comment `// x is 3` or a line `f(2) // 4` in one is checked as an assertion.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import ts from 'typescript'
import { useBackend } from './setup.js'

interface Example {
  readonly name: string
  readonly code: string
}

const inComments = (file: string): Example[] => {
  const text = readFileSync(file, 'utf8')
  const comments = [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)]
  return comments.flatMap(({ 0: comment, index }) => {
    const body = comment.replace(/^\s*\*\/?/gm, '').replace(/^ /gm, '')
    const code = /@example\n([\s\S]*?)(?=\n@|\/?$(?![\s\S]))/.exec(body)?.[1]
    const line = text.slice(0, index).split('\n').length
    return code === undefined ? [] : [{ name: `${file}:${line}`, code: code.replace(/^ /gm, '') }]
  })
}

/**
 * The `ts` blocks of a file, but those with a name: test/recipes runs the files that they show. A block `ts continued` is
 * one module with those before it, up to the last that is not.
 */
const inMarkdown = (file: string): Example[] => {
  const blocks = readFileSync(file, 'utf8').matchAll(/^```ts( continued)?\n([\s\S]*?)^```/gm)
  return [...blocks].reduce<Example[]>((examples, { 1: continued, 2: code = '', index }) => {
    const last = examples.at(-1)
    if (continued === undefined || last === undefined)
      return [...examples, { name: `${file} block ${examples.length + 1} at ${index}`, code }]
    return [...examples.slice(0, -1), { ...last, code: last.code + code }]
  }, [])
}

const sources = readdirSync('lib', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
const guides = readdirSync('examples', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.md'))
const examples = [
  ...sources.sort().flatMap(file => inComments(join('lib', file))),
  ...['README.md', ...guides.map(file => join('examples', file))].flatMap(inMarkdown),
]

/** The example as a module that throws where it does not hold what it says. */
const moduleOf = ({ code }: Example): string => {
  const checked = code
    .replace(/^\/\/ (\S.* is .*)$/gm, (_, said: string) =>
      said
        .split(/, (?=[\w.[\]]+ is )/)
        .map(one => one.replace(/^(.*?) is (.*)$/, 'expect($1, $2)'))
        .join('; '),
    )
    .replace(/^([\w$.]+\(.*\)) \/\/ (\S+)$/gm, 'expect($1, $2)')
  return `import { expect } from ${JSON.stringify(resolve('test/expect.js'))}\n${checked}\nvoid expect\n`
}

const folder = resolve('.tap/examples')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const modules = examples.map((example, i) => {
  const file = join(folder, `example-${i}.ts`)
  const local = (path: string): string => JSON.stringify(resolve(path))
  const code = moduleOf(example)
    .replace(/'tfjs-optax'/g, local('lib/index.js'))
    .replace(/'tfjs-optax\/rule'/g, local('lib/rule.js'))
    .replace(/'tfjs-optax\/legacy'/g, local('lib/legacy.js'))
    .replace(/'tfjs-optax\/config'/g, local('lib/config.js'))
    .replace(/'tfjs-optax\/node'/g, local('lib/node.js'))
    .replace(/'tfjs-optax\/testing'/g, local('lib/testing.js'))
    .replace(/'tfjs-optax\/mpi'/g, local('lib/mpi.js'))
  writeFileSync(file, code)
  return { ...example, file }
})

t.test('examples typecheck', test => {
  const { config } = ts.readConfigFile('tsconfig.json', path => ts.sys.readFile(path)) as { config: object }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.')
  // what most readers have switched on
  const loose = {
    ...options,
    noUnusedLocals: false,
    noUncheckedIndexedAccess: false,
    noPropertyAccessFromIndexSignature: false,
    paths: {},
  }
  const program = ts.createProgram(
    modules.map(({ file }) => file),
    loose,
  )
  for (const { name, file } of modules) {
    const source = program.getSourceFile(file)
    const wrong = ts.getPreEmitDiagnostics(program, source)
    const said = wrong.map(one => ts.flattenDiagnosticMessageText(one.messageText, '\n'))
    test.strictSame(said, [], name)
  }
  test.end()
})

t.test('examples run, and hold what they say', async test => {
  const { log } = console
  console.log = () => undefined
  test.teardown(() => (console.log = log))
  for (const { name, file } of modules) {
    await useBackend('cpu')
    await test.resolves(import(pathToFileURL(file).href), name)
  }
  test.ok(modules.length > 20, `${modules.length} examples`)
})
