/** The pages of recipes, and the blocks in them that name a file: a program, or what it prints. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const folder = 'examples/recipes'

export interface Block {
  /** the file within the folder, such as `adamw/fit.ts` */
  readonly file: string
  /** whether the block is what the program prints */
  readonly isOutput: boolean
  readonly text: string
}

const pattern = /^```(ts|python|text|json) (\S+\/\S+)\n([\s\S]*?)\n?```$/gm

/** The names of all pages, without the ending. */
export const pages: readonly string[] = readdirSync(folder)
  .filter(name => name.endsWith('.md') && name !== 'README.md')
  .map(name => name.replace(/\.md$/, ''))
  .sort()

export const textOf = (page: string): string => readFileSync(join(folder, `${page}.md`), 'utf8')

export const blocksOf = (page: string): readonly Block[] =>
  [...textOf(page).matchAll(pattern)].map(([, language, file = '', text = '']) => ({
    file,
    isOutput: language === 'text',
    text,
  }))

/** The page with other texts in its blocks. */
export const rewritten = (page: string, textFor: (block: Block) => string): string =>
  textOf(page).replace(pattern, (_, language: string, file: string, text: string) =>
    ['```' + `${language} ${file}`, textFor({ file, isOutput: language === 'text', text }), '```'].join('\n'),
  )

export const sourceOf = (file: string): string => readFileSync(join(folder, file), 'utf8').trimEnd()

/** The programs that a page shows with what they print: those for a browser, or those for Node. */
export const programsOf = (page: string, inBrowser: boolean): readonly Block[] =>
  blocksOf(page).filter(({ file, isOutput }) => isOutput && file.includes('/browser-') === inBrowser)

/** The workers of programs for a browser. */
export const workersOf = (names: readonly string[]): readonly string[] =>
  names.flatMap(blocksOf).flatMap(({ file, isOutput }) => (!isOutput && file.includes('/worker-') ? [file] : []))
