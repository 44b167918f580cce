/** Drawings of Observable Plot as pictures with a text in their place, for those who do not see them. */
import * as Plot from '@observablehq/plot'

/** The drawing; `says` is what it shows, in a sentence. */
export const picture = (options: Plot.PlotOptions, says: string): Element => {
  const drawn = Plot.plot(options)
  drawn.setAttribute('role', 'img')
  drawn.setAttribute('aria-label', says)
  // Plot labels its groups, which have no role that a label may belong to.
  for (const part of drawn.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label')
  return drawn
}
