/** The last touch to the HTML of a page: its holes are filled, and names in code lead to their pages. */
import type { FinishedPage } from './reference.js'

/** The HTML for a hole on a page. */
export type Filling = (kind: string, name: string, page: FinishedPage) => string

const holes = /<div data-hole="(\w+) ([\w-]+)"><\/div>/g

/** Wide tables scroll by themselves, so that a page on a phone does not. */
const scrolling = (html: string): string =>
  html.replaceAll('<table>', '<div class="scroll"><table>').replaceAll('</table>', '</table></div>')

/** What no link may be put into: links themselves, code in blocks, headings, forms and pictures. */
const closed = /<(a|pre|h1|h2|h3|svg|form|nav|summary|script|textarea)\b[\s\S]*?<\/\1>|<code>([A-Za-z]\w*)<\/code>/g

/** Links from names in code to their pages: that of the rule if there is one, else that of the type. */
const linked = (html: string, { title, urlOf }: FinishedPage): string =>
  html.replace(closed, (whole: string, _tag: string | undefined, name: string | undefined) => {
    if (name === undefined || name === title) return whole
    const url = urlOf('document', name) ?? urlOf('name', name)
    return url === null ? whole : `<a href="${url}">${whole}</a>`
  })

/** typedoc writes the name of the project above the README, which begins with it. */
const projectTitle = /<div class="tsd-page-title"><h1>[^<]*<\/h1><\/div>/

/** On a page of types, the way to the page of the rule of this name. */
const towardsRule = (html: string, { title, url, urlOf }: FinishedPage): string => {
  const rule = url.startsWith('variables/') ? urlOf('document', title) : null
  if (rule === null) return html
  const line = `<p>Its equations, its kernel, its options and pictures: <a href="${rule}">the page of ${title}</a>.</p>`
  return html.replace(/(<div class="tsd-page-title">[\s\S]*?<\/h1>)/, `$1${line}`)
}

/** The HTML of a page, finished. */
export const finishWith =
  (fill: Filling) =>
  (html: string, page: FinishedPage): string => {
    const own = page.url === 'index.html' ? html.replace(projectTitle, '') : towardsRule(html, page)
    return linked(scrolling(own), page).replace(holes, (_, kind: string, name: string) => fill(kind, name, page))
  }
