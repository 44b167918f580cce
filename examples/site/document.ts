/** Documents of the site as plain data: the guides as they are, and what is made from rules and programs. */
import type { Content } from './page.js'

export interface SiteDocument {
  /** where it is in the site, without `.html`; the last part is its name */
  readonly address: string
  readonly title: string
  /** the heading above it in the navigation, for documents at the top */
  readonly group?: string
  /** the text of a Markdown file, whose links lead from its place; or the parts of a page that is made */
  readonly content: string | Content
  /** files whose links lead here, relative to the folder of the package; the first is that of the text */
  readonly files: readonly string[]
  readonly children?: readonly SiteDocument[]
}

/** The last part of an address. */
export const nameOf = (address: string): string => address.slice(address.lastIndexOf('/') + 1)
