/** The training example as a stranger runs it: whole programs, their files and what they print. */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as codec from 'io-ts'
import { either as E } from 'fp-ts'
import t, { type Test } from 'tap'
import { childEnv } from '../childEnv.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

type Watch = (err: string, interrupt: (signal: NodeJS.Signals) => void) => void

/** Runs a program; `watch` sees its stderr so far, and may interrupt it. */
const runProgram = (args: readonly string[], watch?: Watch): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', ...args], { cwd: root, env: childEnv() })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
      watch?.(err, signal => child.kill(signal))
    })
    child.on('error', reject)
    child.on('close', code => resolve({ code, out, err }))
  })

const run = (args: readonly string[], watch?: Watch): Promise<Ended> =>
  runProgram(['examples/train/main.ts', ...args], watch)

const History = codec.type({
  step: codec.number,
  history: codec.type({ loss: codec.array(codec.number), norm: codec.array(codec.number) }),
})
/** The header of a run's file, and the data after it. */
const partsOf = (path: string) => {
  const bytes = readFileSync(path)
  const end = 8 + Number(bytes.readBigUInt64LE())
  const header = JSON.parse(bytes.toString('utf8', 8, end)) as { __metadata__: { run: string } }
  return { header, data: bytes.subarray(end) }
}
/** Changes the JSON in the metadata of a run's file. */
const rewrite = (path: string, change: (run: string) => string): void => {
  const { header, data } = partsOf(path)
  header.__metadata__.run = change(header.__metadata__.run)
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  writeFileSync(path, Buffer.concat([length, text, data]))
}
const runIn = (folder: string): codec.TypeOf<typeof History> => {
  const decoded = History.decode(JSON.parse(partsOf(join(folder, 'run.safetensors')).header.__metadata__.run))
  if (E.isLeft(decoded)) throw new Error(`${folder} has no run`)
  return decoded.right
}
const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Every tag that opens closes, in order, and there is no bare & or <. */
const isWellFormed = (xml: string): boolean => {
  const open: string[] = []
  const rest = xml.replace(
    /<(\/?)([a-z]+)((?:\s+[a-zA-Z-]+="[^"<]*")*)\s*(\/?)>/g,
    (_tag, end: string, name: string, _attributes, empty: string) => {
      if (end === '') open.push(name)
      return end !== '' || empty !== '' ? (open.pop() === name ? '' : '<') : ''
    },
  )
  return open.length === 0 && !/<|&(?!#\d+;)/.test(rest)
}

const text = Array.from(
  { length: 120 },
  (_, i) => `line ${i}: the ${i % 7} quick foxes & ${i % 5} "lazy" dogs <é>\n`,
).join('')
const folder = mkdtempSync(join(tmpdir(), 'train-'))
const file = (name: string): string => join(folder, name)
writeFileSync(file('text.txt'), text)
t.teardown(() => rmSync(folder, { recursive: true }))
const options = ['--text', file('text.txt'), '--steps', '24', '--seed', '7']

t.test('24 steps lower the loss; --compare, the plot and the sample stand beside it', async t => {
  const { code, out, err } = await run([...options, '--save', file('whole'), '--compare'])
  t.equal(code, 0, err)
  const { loss, norm } = runIn(file('whole')).history
  t.equal(loss.length, 24)
  t.ok(average(loss.slice(-4)) < average(loss.slice(0, 4)) - 1, loss.join(' '))
  t.ok(norm.every(value => value > 0))
  t.match(
    out,
    /held-out loss {2}\d\.\d{3} bits\/char {2}tfjs-optax\nheld-out loss {2}\d\.\d{3} bits\/char {2}tf\.train\.adam\n/,
  )
  t.match(out, /the model goes on\n( {2}\| .*\n)+/)
  t.match(err, /tfjs-optax █+ 24\/24 {2}\d\.\d{3} bits\/char {2}rate \S+ {2}\S+\/s {2}0:00 left/)
  t.match(err, /tf\.train\.adam █+ 24\/24/)
  t.notMatch(err, /[^\n -~█░]/, 'a log has no control characters')
  t.notMatch(err, /.{80}/, 'nor a line that 80 columns would wrap')
  const svg = readFileSync(file('whole/loss.svg'), 'utf8')
  t.ok(isWellFormed(svg), svg)
  t.match(svg, 'bits per character')
  t.match(svg, 'tf.train.adam')
})

t.test('interrupted by each signal and resumed, a run comes to the same bits as in one piece', async t => {
  let done = 0
  for (const [signal, status, from, at] of [
    ['SIGINT', 130, ['--save', file('parts'), ...options], 5],
    ['SIGTERM', 143, ['--resume', file('parts')], 10],
    ['SIGHUP', 129, ['--resume', file('parts')], 15],
  ] as const) {
    const stopped = await run(from, (err, interrupt) => {
      if (err.includes(` ${at}/24 `)) interrupt(signal)
    })
    const { step } = runIn(file('parts'))
    t.equal(stopped.code, status, stopped.err)
    t.ok(step >= at && step < 24 && step > done, `stopped after ${step} steps by ${signal}`)
    t.match(stopped.out, `stopped after step ${step} of 24; to go on: npm start -- --resume ${file('parts')}`)
    if (done > 0) t.match(stopped.out, `resumed    after step ${done}`)
    t.strictSame(readdirSync(file('parts')), ['run.safetensors'], 'one file')
    done = step
  }
  cpSync(file('parts'), file('broken'), { recursive: true })

  const { code, out, err } = await run(['--resume', file('parts')])
  t.equal(code, 0, err)
  t.match(out, `resumed    after step ${done}`)
  t.ok(readFileSync(file('parts/run.safetensors')).equals(readFileSync(file('whole/run.safetensors'))))
})

t.test('a saved run that does not fit is refused', async t => {
  const variant = (name: string, change: (folder: string) => void): string => {
    cpSync(file('broken'), file(name), { recursive: true })
    change(file(name))
    return file(name)
  }
  const edited = (name: string, from: RegExp, to: string): string =>
    variant(name, folder => {
      rewrite(join(folder, 'run.safetensors'), run => run.replace(from, to))
    })
  const other = file('other.txt')
  writeFileSync(other, text.replace('quick', 'swift'))
  const kept = file('broken')
  const cut = variant('cut', folder => truncateSync(join(folder, 'run.safetensors'), 10_000))
  const gone = variant('gone', folder => rmSync(join(folder, 'run.safetensors')))
  await refused(t, [
    [['--resume', kept, '--text', other], `the run in ${kept} was trained on another text than ${other}`],
    [['--resume', edited('wide', /"width":\d+/, '"width":32')], 'has another model: its width is 32, here 64'],
    [['--resume', edited('json', /^\{/, '')], 'run.safetensors: its run is no JSON'],
    [['--resume', cut], 'run.safetensors: readSafetensors: it is cut short'],
    [['--resume', gone], 'run.safetensors: there is no such file'],
    [['--resume', edited('fewer', /"step":\d+,"rng"/, '"step":1,"rng"')], 'the history does not have 1 steps'],
  ])
  await refusedAtOnce(t, [
    [['--resume', kept, '--steps', '25'], `--steps 25: the run in ${kept} has 24; leave the option out`],
    [['--resume', kept, '--seed', '8'], `--seed 8: the run in ${kept} has 7; leave the option out`],
    [['--resume', kept, '--backend', 'cpu'], `--backend cpu: the run in ${kept} has wasm; leave the option out`],
    [
      ['--resume', edited('text', /"step":\d+,"rng"/, '"step":"a","rng"')],
      'run.safetensors: step: expected a whole number, got "a"',
    ],
    [['--resume', edited('lost', /"rng":-?\d+,/, '')], 'run.safetensors: rng: expected a whole number, got nothing'],
    [['--resume', edited('short', /"loss":\[/, '"loss":[1,')], 'run.safetensors: the history does not have'],
    [['--resume', file('none')], 'none/run.safetensors: there is no such file'],
  ])
})

t.test('a mistake on the command line is one line', async t => {
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(file(name), content)
    return file(name)
  }
  const count = 'expected a whole number from'
  await refused(t, [
    [['--steps', '-5'], `--steps: ${count} 1 to 1000000, got "-5"`],
    [['--frob'], 'unknown option --frob, see --help'],
    [['--save', write('taken', '')], 'taken: there is a file of that name'],
    [['--text', file('missing.txt')], 'missing.txt: there is no such file'],
  ])
  await refusedAtOnce(t, [
    [['--steps', '0'], `--steps: ${count} 1 to 1000000, got "0"`],
    [['--steps', '1e3'], `--steps: ${count} 1 to 1000000, got "1e3"`],
    [['--steps'], '--steps: a value is missing, see --help'],
    [['--steps', '--compare'], `--steps: ${count} 1 to 1000000, got "--compare"`],
    [['--seed', '1.5'], `--seed: ${count} 0 to 4294967295, got "1.5"`],
    [['--backend', 'webgl'], '--backend: expected wasm or cpu, got "webgl"'],
    [['--save='], '--save: expected a folder, got ""'],
    [['-x'], 'unknown option -x, see --help'],
    [['20'], 'unexpected argument 20, see --help'],
    [['--compare=yes'], '--compare: expected no value, got "yes"'],
    [['--text', folder], 'it is a folder'],
    [['--text', write('empty.txt', '')], 'is too short: 0 characters, at least 660 are needed'],
    [['--text', write('short.txt', 'x'.repeat(659))], 'is too short: 659 characters'],
    [['--text', write('nul.txt', `${text}\0`)], 'is binary: it has a NUL byte'],
    [
      ['--text', write('latin1.txt', Uint8Array.from([...Buffer.from(text), 0xff]))],
      'is binary: it is not valid UTF-8',
    ],
  ])
  const { code, out } = await run(['--help'])
  t.equal(code, 0)
  t.match(out, '--resume DIR')
})

type Cases = readonly (readonly [args: readonly string[], message: string])[]

/** Each in a program of its own, two at a time. */
const refused = async (t: Test, cases: Cases): Promise<void> => {
  const left = [...cases]
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [args, message] = next
      const { code, out, err } = await run(args)
      t.equal(code, 2, args.join(' '))
      t.match(err, message)
      t.match(err, /^train: .*\n$/, 'one line')
      t.equal(out, '')
    }
  }
  await Promise.all([worker(), worker()])
}

/** One program that says for each what the real one would say: starting it takes seconds. */
const refusedAtOnce = async (t: Test, cases: Cases): Promise<void> => {
  const { out, err } = await runProgram([
    '--input-type=module',
    '--eval',
    `import '@tensorflow/tfjs-backend-cpu'
    import { enableProdMode, setBackend } from '@tensorflow/tfjs-core'
    import { readSaved } from './examples/train/checkpoint.js'
    import { readOptions } from './examples/train/options.js'
    import { newPlan, savedPlan } from './examples/train/plan.js'
    enableProdMode()
    await setBackend('cpu')
    for (const args of ${JSON.stringify(cases.map(([args]) => args))}) {
      const options = readOptions(args)
      const saved = options.right?.resume && readSaved(options.right.resume)
      const plan = saved?.right ? savedPlan(options.right, saved.right) : options.right && newPlan(options.right)
      console.log(options.left ?? saved?.left ?? plan.left)
    }`,
  ])
  t.equal(err, '')
  const lines = out.trimEnd().split('\n')
  t.equal(lines.length, cases.length)
  cases.forEach(([args, message], i) => t.match(lines[i], message, args.join(' ')))
}

t.test('nothing leaks, in either way of training and in a sample; cpu begins as wasm does', async t => {
  // In a program of its own: the package's name means lib/ to tsx, but not to tap's loader.
  const probe = `
        import * as tf from '@tensorflow/tfjs-core'
    import '@tensorflow/tfjs-backend-cpu'
    import '@tensorflow/tfjs-backend-wasm'
    import '@tensorflow/tfjs-layers'
    import { beginAdam } from './examples/train/compare.js'
    import { beginOptax, learnOptax } from './examples/train/optimizer.js'
    import { sample } from './examples/train/sample.js'
    import { readText } from './examples/train/text.js'
    import { train } from './examples/train/trainer.js'
    await tf.setBackend('wasm')
    const plan = { steps: 4, seed: 1, backend: 'wasm', text: readText(${JSON.stringify(file('text.txt'))}).right }
    const { signal } = new AbortController()
    const counts = [[], [], []]
    const start = beginOptax(plan)
    counts[0].push(tf.memory().numTensors)
    const losses = []
    for await (const run of train(start, plan, learnOptax(plan), signal)) {
      counts[0].push(tf.memory().numTensors)
      losses[0] = run.history.loss[0]
    }
    const adam = beginAdam(plan)
    for await (const run of train(adam.start, plan, adam.learn, signal)) counts[1].push(tf.memory().numTensors)
    for (const length of [0, 5]) {
      sample(adam.start.params, plan.text, length, 1)
      counts[2].push(tf.memory().numTensors)
    }
    await tf.setBackend('cpu')
    const short = { ...plan, steps: 1 }
    for await (const run of train(beginOptax(short), short, learnOptax(short), signal)) losses.push(run.history.loss[0])
    console.log(JSON.stringify(counts), losses.map(loss => loss.toFixed(4)).join(' '))`
  const { code, out, err } = await runProgram(['--input-type=module', '--eval', probe])
  t.equal(code, 0, err)
  const [optax = '', adam = '', written = ''] = out.match(/\[[\d,]+\]/g) ?? []
  const different = (counts: string): number => new Set(counts.match(/\d+/g)).size
  t.equal(different(optax), 1, optax)
  t.equal(different(adam), 1, adam)
  t.equal(different(written), 1, written)
  t.match(out, / (\d\.\d{4}) \1\n/, 'the same first loss')
})

t.test('a text of many characters, and one of a single character', async t => {
  const many = file('<many> & "more".txt')
  writeFileSync(many, Array.from({ length: 3000 }, (_, i) => String.fromCodePoint(0x4e00 + (i % 500))).join('') + '😀')
  const rich = await run(['--text', many, '--steps', '1', '--save', file('rich')])
  t.equal(rich.code, 0, rich.err)
  t.match(rich.out, '3,001 characters, 501 different, the rarest 374 read as one')
  const svg = readFileSync(file('rich/loss.svg'), 'utf8')
  t.ok(isWellFormed(svg), svg)
  t.match(svg, '&#60;many&#62; &#38; &#34;more&#34;.txt')

  writeFileSync(file('one.txt'), 'x'.repeat(660))
  const poor = await run(['--text', file('one.txt'), '--steps', '1', '--save', file('poor')])
  t.equal(poor.code, 0, poor.err)
  t.match(poor.out, 'held-out loss  0.000 bits/char')
  t.ok(isWellFormed(readFileSync(file('poor/loss.svg'), 'utf8')))
})
