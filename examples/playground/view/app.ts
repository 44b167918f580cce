/** The state of the page and the effects on it: what is computed, when, and who is told. */
import * as tf from '@tensorflow/tfjs-core'
import { ready } from '../../../lib/index.js'
import { stillHeld } from '../core/edit.js'
import type { Page } from '../core/page.js'
import { begun, extended, type History } from '../core/race.js'
import type { World } from '../core/surface.js'
import { surfaceOf, surfaces } from '../core/surfaces.js'
import { useBackend } from './backends.js'

export interface Model {
  readonly page: Page
  readonly world: World | null
  /** null where nothing is computed yet */
  readonly histories: readonly (History | null)[]
  readonly isPlaying: boolean
}

export interface App {
  readonly model: () => Model
  /** shows another page; only what changed is computed anew */
  readonly change: (next: Page) => void
  readonly play: () => void
  readonly pause: () => void
  /** resolves when the shown step is computed */
  readonly settled: () => Promise<void>
}

export interface Listener {
  /** draws the model; `isFinal` where nothing more is under way */
  readonly draw: (model: Model, isFinal: boolean) => void
  /** a message for everyone */
  readonly say: (text: string) => void
}

/** The most steps between two looks at the clock. */
const mostAtOnce = 20
const breath = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0))
const nextFrame = (): Promise<void> =>
  new Promise(resolve =>
    requestAnimationFrame(() => {
      resolve()
    }),
  )
const reason = (fault: unknown): string => (fault instanceof Error ? fault.message : String(fault))

/** The app of a first page. */
export const appOf = (first: Page, { draw, say }: Listener): App => {
  let model: Model = { page: first, world: null, histories: first.racers.map(() => null), isPlaying: false }
  let turn = 0
  let work: Promise<void> = Promise.resolve()

  const set = (part: Partial<Model>): void => {
    model = { ...model, ...part }
  }
  const setHistory = (i: number, history: History): void => {
    set({ histories: model.histories.map((one, k) => (k === i ? history : one)) })
  }
  const isDone = ({ page, histories }: Model): boolean =>
    histories.every(one => one !== null && (one.fault !== null || one.frames.length > page.at))

  /** The landscape on the backend of the page, whose kernels are checked where they must be. */
  const prepared = async ({ surface, seed, backend, racers }: Page): Promise<World | null> => {
    const problem = await useBackend(backend)
    if (problem !== null) {
      say(`${problem} The race runs on cpu instead.`)
      await useBackend('cpu')
      set({ page: { ...model.page, backend: 'cpu' } })
    }
    for (const { chain } of racers) await ready(chain.tx)
    return (surfaceOf(surface) ?? surfaces[0])?.make(seed) ?? null
  }

  /** Computes what the page shows and lacks, unless another change comes in between. */
  const compute = async (mine: number): Promise<void> => {
    const isStale = (): boolean => mine !== turn
    if (isStale()) return
    if (model.world === null) {
      const world = await prepared(model.page)
      if (isStale()) return
      set({ world })
    }
    const { world, page } = model
    if (world === null) return
    let [seen, drawn] = [performance.now(), performance.now()]
    for (let i = 0; i < page.racers.length; i++) {
      const racer = page.racers[i]
      if (racer === undefined) continue
      const others = model.histories.map(one => one ?? { frames: [], fault: null })
      let history = model.histories[i] ?? (await begun(world, page.start, racer, others))
      // A branch needs its parent as far as it goes with it.
      const needs = Math.max(page.at, ...page.racers.map(({ branch }) => (branch?.of === i ? branch.at : 0)))
      let chunk = 1
      while (history.fault === null && history.frames.length <= needs) {
        history = await extended(world, racer, history, Math.min(chunk, needs + 1 - history.frames.length))
        if (isStale()) return
        const took = performance.now() - seen
        if (took < 30) {
          chunk = Math.min(chunk * 2, mostAtOnce)
          continue
        }
        chunk = Math.max(1, chunk >> 1)
        setHistory(i, history)
        if (performance.now() - drawn > 150) {
          draw(model, false)
          drawn = performance.now()
        }
        await breath()
        if (isStale()) return
        seen = performance.now()
      }
      if (isStale()) return
      setHistory(i, history)
    }
  }

  const run = (): void => {
    const mine = ++turn
    work = work
      .then(() => compute(mine))
      .catch((fault: unknown) => {
        say(`This race cannot run: ${reason(fault)}`)
      })
      .then(() => {
        if (mine === turn) draw(model, !model.isPlaying)
      })
  }

  const change = (page: Page): void => {
    const { page: before } = model
    const histories = stillHeld(before, page, model.histories)
    const sameWorld = (['surface', 'seed', 'backend'] as const).every(key => before[key] === page[key])
    const isKnown = page.racers.every(racer => before.racers.includes(racer)) || !page.backend.startsWith('webg')
    set({ page, histories, world: sameWorld && isKnown ? model.world : null })
    draw(model, false)
    run()
  }

  const play = (): void => {
    if (model.isPlaying) return
    const { at, steps } = model.page
    set({ isPlaying: true })
    if (at >= steps) change({ ...model.page, at: 0 })
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
    const stride = isStill ? steps : Math.max(1, Math.round(steps / 200))
    const loop = async (): Promise<void> => {
      while (model.isPlaying && model.page.at < model.page.steps) {
        change({ ...model.page, at: Math.min(model.page.at + stride, model.page.steps) })
        await settled()
        await nextFrame()
      }
      set({ isPlaying: false })
      draw(model, true)
    }
    void loop()
  }

  const settled = async (): Promise<void> => {
    let seen: Promise<void> | null = null
    while (seen !== work) {
      seen = work
      await seen
    }
  }

  run()
  return {
    model: () => model,
    change,
    play,
    pause: () => {
      set({ isPlaying: false })
      draw(model, isDone(model))
    },
    settled,
  }
}

/** How many tensors tfjs holds; those of a history are none of them. */
export const tensorsHeld = (): number => tf.memory().numTensors
