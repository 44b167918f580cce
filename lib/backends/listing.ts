/** Shaders for those who read them. */
export interface Listed {
  readonly text: string
  /** what the shader calls some of the uniforms */
  readonly numbers: readonly (readonly [name: string, index: number])[]
}

/** The shaders of a pass, each after what its numbers stand for. */
export const listing = (uniforms: readonly string[], shaders: readonly Listed[]): string =>
  shaders
    .flatMap(({ text, numbers }, k) => [
      ...(shaders.length > 1 ? [`// shader ${k + 1} of ${shaders.length}`] : []),
      ...numbers.map(([name, index]) => `// ${name}: ${uniforms[index] ?? ''}`),
      text,
    ])
    .join('\n')
