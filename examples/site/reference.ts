/** typedoc with the documents of the site: one navigation and one search over guides, rules and types. */
import { resolve } from 'node:path'
import {
  Application,
  Converter,
  DocumentReflection,
  KindRouter,
  MinimalSourceFile,
  normalizePath,
  PageEvent,
  PackageJsonReader,
  TSConfigReader,
  TypeDocReader,
  type CommentDisplayPart,
  type ProjectReflection,
  type Reflection,
} from 'typedoc'
import { nameOf, type SiteDocument } from './document.js'
import type { Content } from './page.js'

export interface SiteParts {
  readonly out: string
  readonly root: string
  /** the documents, once typedoc has read the public names */
  readonly documents: (project: ProjectReflection) => readonly SiteDocument[]
  /** the HTML of a page with its holes filled; `urlOf` gives the way from it to another one */
  readonly finish: (html: string, page: FinishedPage) => string
}

export interface FinishedPage {
  readonly url: string
  readonly title: string
  /** from this page to that of a document or public name; null if it has none */
  readonly urlOf: (kind: 'document' | 'name', name: string) => string | null
}

/** The names that entries have in imports: `rule` becomes `tfjs-optax/rule`. */
const entryName = (name: string): string => (name === 'index' ? 'tfjs-optax' : `tfjs-optax/${name}`)

/** A Markdown file is parsed, so that its links to files are found; what pages are made of is parsed already. */
const parts = (
  app: Application,
  project: ProjectReflection,
  content: string | Content,
  path: string,
): CommentDisplayPart[] =>
  typeof content === 'string'
    ? app.converter.parseRawComment(new MinimalSourceFile(content, normalizePath(path)), project.files).content
    : [...content]

/** Documents are found before the types of the same name. */
const boost = 3

/** The field of a document's front matter that says where it is in the site. */
const addressField = 'address'

/** Documents are where they say they are, and everything else by its kind. */
class SiteRouter extends KindRouter {
  protected override getIdealBaseName(target: Reflection): string {
    const address = target.isDocument() ? target.frontmatter[addressField] : undefined
    return typeof address === 'string' ? address : super.getIdealBaseName(target)
  }
}

type Parent = ProjectReflection | DocumentReflection

const addDocument = (app: Application, project: ProjectReflection, root: string) => {
  const add = (parent: Parent, { address, title, group, content, files, children = [] }: SiteDocument): void => {
    const own = parts(app, project, content, resolve(root, files[0] ?? address))
    const front = { title, [addressField]: address, ...(group !== undefined && { group }) }
    const made = new DocumentReflection(title, parent, own, front)
    made.relevanceBoost = boost
    parent.addChild(made)
    project.registerReflection(made, undefined, undefined)
    files.forEach(file => project.files.registerReflectionPath(normalizePath(resolve(root, file)), made))
    children.forEach(child => add(made, child))
  }
  return add
}

/** The way from one page to another, both from the folder of the site. */
const relativeUrl = (from: string, to: string): string => `${'../'.repeat(from.split('/').length - 1)}${to}`

const targets = (project: ProjectReflection): ReadonlyMap<string, Reflection> => {
  const found = new Map<string, Reflection>()
  const addAll = (documents: readonly DocumentReflection[] = []): void =>
    documents.forEach(one => {
      found.set(`document ${nameOf(String(one.frontmatter[addressField]))}`, one)
      addAll(one.children)
    })
  addAll(project.documents)
  for (const entry of project.children ?? [])
    for (const child of entry.children ?? []) if (!child.isReference()) found.set(`name ${child.name}`, child)
  return found
}

/** Effect: writes the site. Gives the faults that typedoc found, warnings included. */
export const writeReference = async ({ out, root, documents, finish }: SiteParts): Promise<number> => {
  const app = await Application.bootstrap({ options: resolve(root, 'typedoc.json') }, [
    new TypeDocReader(),
    new PackageJsonReader(),
    new TSConfigReader(),
  ])
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    project.children?.forEach(entry => (entry.name = entryName(entry.name)))
    const add = addDocument(app, project, root)
    documents(project).forEach(document => add(project, document))
  })
  app.renderer.defineRouter('site', SiteRouter)
  app.options.setValue('router', 'site')
  const project = await app.convert()
  if (project === undefined) return app.logger.errorCount + 1
  app.validate(project)
  const found = targets(project)
  app.renderer.on(PageEvent.END, page => {
    const urlOf: FinishedPage['urlOf'] = (kind, name) => {
      const target = found.get(`${kind} ${name}`)
      const { router } = app.renderer
      return target === undefined || router?.hasUrl(target) !== true
        ? null
        : relativeUrl(page.url, router.getFullUrl(target))
    }
    const title = page.isReflectionEvent() ? page.model.name : ''
    page.contents = finish(page.contents ?? '', { url: page.url, title, urlOf })
  })
  await app.generateDocs(project, out)
  return app.logger.errorCount + app.logger.warningCount
}
