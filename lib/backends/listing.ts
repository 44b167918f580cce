/** Prints shaders for people. */
export interface Listed {
  readonly text: string
  /** names of uniforms in the shader, with their indices in the kernel */
  readonly numbers: readonly (readonly [name: string, index: number])[]
}

/** The shaders of a pass, each below comments that say what its uniforms are. */
export const listing = (uniforms: readonly string[], shaders: readonly Listed[]): string =>
  shaders
    .flatMap(({ text, numbers }, k) => [
      ...(shaders.length > 1 ? [`// shader ${k + 1} of ${shaders.length}`] : []),
      ...numbers.map(([name, index]) => `// ${name}: ${uniforms[index] ?? ''}`),
      text,
    ])
    .join('\n')
