/**
 * An assembler for WebAssembly: the instructions that generated kernels need, one function per module. (`wasmati` has all
 * of WebAssembly and is 20 kB larger.) Encoding: WebAssembly core specification 2.0, section 5.
 */

export type ValueType = 'i32' | 'v128'
/** A parameter or a local variable; parameters come first. */
export interface Local {
  readonly type: ValueType
  readonly index: number
}

/** Instructions that take all operands from the stack, with their bytes. */
const opcodes = {
  loop: [0x03, 0x40],
  if: [0x04, 0x40],
  end: [0x0b],
  br_if: [0x0d, 0],
  'i32.lt_u': [0x49],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.and': [0x71],
  'i32.shr_u': [0x76],
  'f32.max': [0x97],
  'f64.add': [0xa0],
  'f64.promote_f32': [0xbb],
  // the upper half of the first operand, twice
  'i8x16.shuffle': [0xfd, 13, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15],
  // lane 0
  'f32x4.extract_lane': [0xfd, 31, 0],
  'f32x4.lt': [0xfd, 67],
  'v128.bitselect': [0xfd, 82],
  // lane 0, to the address itself
  'v128.store32_lane': [0xfd, 90, 2, 0, 0],
  'f64x2.promote_low_f32x4': [0xfd, 95],
  'f32x4.abs': [0xfd, 0xe0, 1],
  'f32x4.sqrt': [0xfd, 0xe3, 1],
  'f32x4.add': [0xfd, 0xe4, 1],
  'f32x4.sub': [0xfd, 0xe5, 1],
  'f32x4.mul': [0xfd, 0xe6, 1],
  'f32x4.div': [0xfd, 0xe7, 1],
  'f32x4.max': [0xfd, 0xe9, 1],
  'f64x2.add': [0xfd, 0xf0, 1],
} as const

/** Loads and stores: the bytes of the opcode, then the guaranteed alignment of the address as a power of two. */
const memoryOpcodes = {
  'i32.load': [0x28, 2],
  'f32.load': [0x2a, 2],
  'f64.load': [0x2b, 3],
  'f32.store': [0x38, 2],
  'f64.store': [0x39, 3],
  'v128.load': [0xfd, 0, 2],
  'v128.load32_splat': [0xfd, 9, 2],
  'v128.store': [0xfd, 11, 2],
  'v128.load32_zero': [0xfd, 92, 2],
} satisfies Readonly<Record<string, readonly number[]>>

/** An instruction as bytes, and by its name and its immediate for people. */
export interface Instruction {
  readonly op: string
  readonly bytes: readonly number[]
  readonly immediate: Local | number | undefined
}

// A module is made once, by code that runs for the first time: `concat` and `flat` are fast there, spreads are not.
const unsigned = (n: number): number[] => (n < 0x80 ? [n] : [(n & 0x7f) | 0x80].concat(unsigned(n >>> 7)))
const signed = (n: number): number[] =>
  n >= -0x40 && n < 0x40 ? [n & 0x7f] : [(n & 0x7f) | 0x80].concat(signed(n >> 7))
/** Names are ASCII: `local` leaves nothing else in them. */
const text = (s: string): number[] => unsigned(s.length).concat(Array.from(s, letter => letter.charCodeAt(0)))
const list = (items: readonly (readonly number[])[]): number[] => unsigned(items.length).concat(items.flat())
const section = (id: number, body: readonly number[]): number[] => [id].concat(unsigned(body.length), body)
const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, v128: 0x7b }

/** Builds the body of a function. Operands that are not given are on the stack already. */
export class Code {
  readonly instructions: Instruction[] = []
  readonly locals: { readonly type: ValueType; readonly name: string }[] = []

  readonly #names: Set<string>

  constructor(readonly parameters: readonly string[]) {
    this.#names = new Set(parameters)
  }

  parameter(i: number): Local {
    return { type: 'i32', index: i }
  }

  /** Declares a local. Its name is for people; a name that is taken gets a number. */
  local(type: ValueType, wanted: string): Local {
    const plain = wanted.replace(/[^\w']/g, '_')
    let name = plain
    for (let i = 1; this.#names.has(name); i++) name = `${plain}_${i}`
    this.#names.add(name)
    return { type, index: this.parameters.length + this.locals.push({ type, name }) - 1 }
  }

  #add(op: string, bytes: readonly number[], immediate?: Local | number): void {
    this.instructions.push({ op, bytes, immediate })
  }

  get(local: Local): void {
    this.#add('get', [0x20].concat(unsigned(local.index)), local)
  }
  set(local: Local): void {
    this.#add('set', [0x21].concat(unsigned(local.index)), local)
  }
  tee(local: Local): void {
    this.#add('tee', [0x22].concat(unsigned(local.index)), local)
  }

  op(op: keyof typeof opcodes, ...operands: readonly (Local | number)[]): void {
    for (const operand of operands) {
      if (typeof operand === 'number') this.#add('i32.const', [0x41].concat(signed(operand)), operand)
      else this.get(operand)
    }
    this.#add(op, opcodes[op])
  }

  /** A load from, or a store to, `base + offset`. */
  memory(op: keyof typeof memoryOpcodes, offset: number, base?: Local, value?: Local): void {
    if (base !== undefined) this.get(base)
    if (value !== undefined) this.get(value)
    this.#add(op, memoryOpcodes[op].concat(unsigned(offset)), offset)
  }

  /** A vector of four equal float32. */
  splat(value: number): void {
    const bytes = Array.from(new Uint8Array(new Float32Array([value, value, value, value]).buffer))
    this.#add('v128.const', [0xfd, 12].concat(bytes), value)
  }

  /** Repeats `body` while it leaves a number other than 0 on the stack. */
  loopWhile(body: () => void): void {
    this.op('loop')
    body()
    this.op('br_if')
    this.op('end')
  }

  /** Runs `body` if the number on the stack is not 0. */
  when(body: () => void): void {
    this.op('if')
    body()
    this.op('end')
  }
}

/** A module with one function on an imported memory; it exports `run` and imports `memory` of `env`. */
export const moduleOf = (code: Code, shared: boolean): Uint8Array<ArrayBuffer> => {
  const names = code.parameters.concat(code.locals.map(({ name }) => name))
  const body = list(code.locals.map(({ type }) => [1, typeCodes[type]])).concat(
    code.instructions.flatMap(({ bytes }) => bytes),
    0x0b,
  )
  const functionType = [0x60].concat(list(code.parameters.map(() => [typeCodes.i32])), 0)
  const limits = shared ? [3, 1].concat(unsigned(65536)) : [0, 1]
  const namesOfLocals = list(names.map((name, i) => unsigned(i).concat(text(name))))
  const parts = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, list([functionType])),
    section(2, list([text('env').concat(text('memory'), 2, limits)])),
    section(3, list([[0]])),
    section(7, list([text('run').concat(0, 0)])),
    section(10, list([unsigned(body.length).concat(body)])),
    // Names for debuggers and disassemblers.
    section(
      0,
      text('name').concat(section(1, list([[0].concat(text('run'))])), section(2, list([[0].concat(namesOfLocals)]))),
    ),
  ]
  return new Uint8Array(parts.flat())
}
