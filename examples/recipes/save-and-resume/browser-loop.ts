import * as tf from '@tensorflow/tfjs'
import { adamw, applyGradients, cosineDecaySchedule, createTrainState, disposeTree } from 'tfjs-optax'
import { fromSafetensors, toSafetensors, valueAndGrad } from 'tfjs-optax'

const x = tf.randomUniform([128, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const start = () => ({
  hidden: { kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1), bias: tf.zeros([32]) },
  out: { kernel: tf.randomNormal([32, 1], 0, 0.2, 'float32', 2), bias: tf.zeros([1]) },
})
type Params = ReturnType<typeof start>
const lossOf = ({ hidden, out }: Params) => {
  const inner = tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias))
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(inner, out.kernel), out.bias))
}

const tx = adamw(cosineDecaySchedule(0.02, 200))
const begin = () => createTrainState({ params: start(), tx })
type Run = ReturnType<typeof begin>
const dataOf = ({ tx: _, ...data }: Run) => data

const train = (from: Run): Run => {
  let run = from
  for (let i = 0; i < 100; i++) {
    const [loss, gradients] = valueAndGrad(lossOf)(run.params)
    run = applyGradients(run, gradients, { donate: true })
    disposeTree([loss, gradients])
  }
  return run
}
const lossNow = ({ params }: Run) => tf.tidy(() => lossOf(params).arraySync() as number)

/** A place for bytes; one of the two is enough. */
interface Store {
  readonly put: (key: string, bytes: Uint8Array) => Promise<void> | void
  readonly get: (key: string) => Promise<Uint8Array> | Uint8Array
}

/** What an IndexedDB request gives. */
const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'))
  })
const opening = indexedDB.open('runs', 1)
opening.onupgradeneeded = () => opening.result.createObjectStore('runs')
const database = await done(opening)
const inIndexedDb: Store = {
  put: async (key, bytes) => {
    await done(database.transaction('runs', 'readwrite').objectStore('runs').put(bytes, key))
  },
  get: key => done(database.transaction('runs').objectStore('runs').get(key)),
}

// localStorage has texts only: four characters for three bytes, and five megabytes for all of a site.
const inLocalStorage: Store = {
  put: (key, bytes) => localStorage.setItem(key, btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))),
  get: key => Uint8Array.from(atob(localStorage.getItem(key) ?? ''), char => char.charCodeAt(0)),
}

const run = train(begin())
console.log(`step ${run.step}: loss ${lossNow(run).toFixed(4)}`)
for (const { put } of [inIndexedDb, inLocalStorage]) await put('my-run', await toSafetensors(dataOf(run)))

// Another day, another visit of the page: a new run gives the structure, the bytes everything in it.
const one = train(run)
for (const { get } of [inIndexedDb, inLocalStorage]) {
  const bytes = await get('my-run')
  const resumed: Run = createTrainState({ ...fromSafetensors(bytes, dataOf(begin())), tx })
  console.log(`resumed at step ${resumed.step} from ${bytes.length} bytes`)
  const other = train(resumed)
  console.log(`step ${other.step}: loss ${lossNow(other).toFixed(4)}`)
  console.log(`the same as without a break: ${lossNow(one) === lossNow(other)}`)
}
