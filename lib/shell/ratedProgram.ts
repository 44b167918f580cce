/**
 * The program of an optimizer, whose learning rate may be another number at each step. After the first change steps run
 * a program that reads the present number, so later changes make no program, and nothing is planned or looked up anew.
 */
import { keepsNumbers } from '../program/fold.js'
import type { Program } from '../program/program.js'
import type { Hyper } from '../rule/hyper.js'
import { checkRate, learningRateOf, withLearningRate } from './learningRate.js'

/** A program that reads its rate, and the number that it reads. */
interface ReadRate {
  readonly program: Program
  rate: number
}

export class RatedProgram {
  #program: Program
  #reading: ReadRate | null = null
  /** whether `#program` has an older rate than `#reading` */
  #isStale = false

  constructor(
    private readonly name: string,
    program: Program,
  ) {
    this.#program = program
  }

  /** The program with the present rate in it, as users and configs see it. */
  get program(): Program {
    if (this.#isStale && this.#reading !== null)
      this.#program = withLearningRate(this.name, this.#program, this.#reading.rate)
    this.#isStale = false
    return this.#program
  }

  /** The program that steps run, with the same numbers, states and plans. */
  get running(): Program {
    return this.#reading?.program ?? this.#program
  }

  get learningRate(): Hyper {
    return this.#reading?.rate ?? learningRateOf(this.name, this.#program)
  }
  set learningRate(rate: Hyper) {
    if (typeof rate === 'number' && this.#reading !== null) {
      checkRate(this.#program, rate)
      this.#reading.rate = rate
      this.#isStale = true
      return
    }
    this.#program = withLearningRate(this.name, this.program, rate)
    // A state that keeps the numbers of its program must keep the rate itself.
    const isRead = typeof rate === 'number' && !keepsNumbers(this.#program)
    this.#reading = isRead ? this.#readingOf(rate) : null
  }

  #readingOf(rate: number): ReadRate {
    const present = { rate }
    return Object.assign(present, { program: withLearningRate(this.name, this.#program, () => present.rate) })
  }
}
