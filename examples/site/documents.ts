/** The documents of the site: guides, pages of rules and schedules, programs, and what the repository says of itself. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ProjectReflection } from 'typedoc'
import type { SiteDocument } from './document.js'
import type { Listed, Lists } from './lists.js'
import type { MadePages } from './made.js'
import { publicNames, type PublicName } from './names.js'
import { optionsOf, wrongDefaults } from './options.js'
import { hole, text, transformationPage } from './page.js'
import { schedulePage } from './schedulePage.js'

/** The guides in the order in which they are read; others follow by name. */
const order = [
  'start',
  'which-optimizer',
  'from-optax',
  'from-keras',
  'from-torch',
  'from-tf-train',
  'write-a-rule',
  'memory',
  'checkpoints',
  'many-machines',
  'speed',
  'promises',
]

const firstHeading = /^# (.+)\n/

/** A Markdown file as a document. Its first heading is the title, which typedoc writes itself. */
const fileDocument = (root: string, path: string, address: string, group?: string): SiteDocument => {
  const markdown = readFileSync(join(root, path), 'utf8')
  const [, title = address] = firstHeading.exec(markdown) ?? []
  return {
    address,
    title: title.replaceAll('`', ''),
    content: markdown,
    files: [path],
    ...(group !== undefined && { group }),
  }
}

const guides = (root: string): readonly SiteDocument[] => {
  const there = readdirSync(join(root, 'examples/guides'))
    .filter(file => file.endsWith('.md'))
    .map(file => basename(file, '.md'))
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length)
  return [...there]
    .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
    .map(name => fileDocument(root, `examples/guides/${name}.md`, `guides/${name}`, 'Guides'))
}

/** The programs of `examples`, each as a page with its text. */
const programs = (root: string): readonly SiteDocument[] =>
  readdirSync(join(root, 'examples'))
    .filter(file => file.endsWith('.ts'))
    .map(file => {
      const path = `examples/${file}`
      const source = readFileSync(join(root, path), 'utf8').trimEnd()
      return {
        address: `examples/${basename(file, '.ts')}`,
        title: file,
        content: `# ${file}\n\n\`\`\`ts\n${source}\n\`\`\`\n`,
        files: [path],
      }
    })

const readmes = (root: string): readonly SiteDocument[] =>
  ['python', 'bert']
    .filter(folder => existsSync(join(root, 'examples', folder, 'README.md')))
    .map(folder => fileDocument(root, `examples/${folder}/README.md`, `examples/${folder}`))

interface Overview {
  readonly list: keyof Lists
  readonly folder: string
  readonly title: string
  readonly says: string
}

const overviews: readonly Overview[] = [
  {
    list: 'transforms',
    folder: 'rules',
    title: 'Transformations',
    says: 'Links for a chain. Each page is made from the rule itself: its equations, the kernel that they become, its state, its options, and pictures of what it does.',
  },
  {
    list: 'optimizers',
    folder: 'rules',
    title: 'Optimizers',
    says: 'Chains by the names that papers and libraries give them, ready to use.',
  },
  {
    list: 'wrappers',
    folder: 'rules',
    title: 'Combinators and wrappers',
    says: 'What puts transformations together, and what contains others: groups, masks, accumulation, guards, averages.',
  },
  {
    list: 'schedules',
    folder: 'schedules',
    title: 'Schedules',
    says: 'Functions of the count of finished steps. Each can stand wherever a hyperparameter stands.',
  },
]

const rulePages = (
  listed: readonly Listed[],
  folder: string,
  pageOf: (name: string) => SiteDocument['content'],
): readonly SiteDocument[] => {
  const taken = new Set<string>()
  return listed.map(({ name, file }) => {
    const files = taken.has(file) ? [] : [file]
    taken.add(file)
    return { address: `${folder}/${name}`, title: name, content: pageOf(name), files }
  })
}

/** All documents, for a project whose names typedoc has read. */
export const siteDocuments =
  (root: string, lists: Lists, { transformations, schedules }: MadePages) =>
  (project: ProjectReflection): readonly SiteDocument[] => {
    const names = new Map(publicNames(project).map(one => [one.name, one]))
    const named = (name: string): PublicName => {
      const found = names.get(name)
      if (found === undefined) throw new Error(`typedoc does not know ${name}`)
      return found
    }
    const pageOf = (name: string): SiteDocument['content'] => {
      const made = transformations.get(name)
      if (made !== undefined) {
        const options = optionsOf(named(name), made.facts.hyper)
        const wrong = wrongDefaults(options, made.subject.code)
        if (wrong.length > 0) throw new Error(`${name}: ${wrong.join('; ')}`)
        return transformationPage({ ...made, named: named(name), options })
      }
      const schedule = schedules.get(name)
      if (schedule === undefined) throw new Error(`nothing is made for ${name}`)
      return schedulePage({ ...schedule, named: named(name), options: optionsOf(named(name), new Map()) })
    }
    return [
      ...guides(root),
      ...overviews.map(({ list, folder, title, says }) => ({
        address: `${folder}/${list}`,
        title,
        group: 'Rules',
        content: [text(`# ${title}\n\n${says}\n\n${hole('cards', list)}\n`)],
        files: [`lib/${list}.ts`],
        children: rulePages(lists[list], folder, pageOf),
      })),
      {
        address: 'examples/examples',
        title: 'Examples',
        group: 'More',
        content: '# Examples\n\nPrograms that run: each is run by a test.\n',
        files: [],
        children: [...programs(root), ...readmes(root)],
      },
      fileDocument(root, 'test/bench/RESULTS.md', 'more/benchmarks', 'More'),
      fileDocument(root, 'CHANGELOG.md', 'more/changelog', 'More'),
      fileDocument(root, 'CONTRIBUTING.md', 'more/contributing', 'More'),
    ]
  }
