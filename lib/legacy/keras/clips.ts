/** Keras's clips of gradients, in its order, as links. */
import { chain, identity } from '../../chain.js'
import type { GradientTransformation } from '../../transform.js'
import { clip } from '../../transforms/clip.js'
import { clipnorm, globalClipnorm } from '../../transforms/clipnorm.js'
import { scale } from '../../transforms/scale.js'
import type { BaseSettings } from './settings.js'

/** Keras clips to a negative norm as to 0, which leaves nothing. */
const toNorm = (make: (c: number) => GradientTransformation, c: number): GradientTransformation =>
  c > 0 ? make(c) : scale(0)

/** The clip by global norm before aggregation; none for 0. */
export const clipBefore = (norm: number): GradientTransformation => (norm > 0 ? globalClipnorm(norm) : identity())

/** `clipvalue`, then `clipnorm`, then `global_clipnorm`. */
export const clipAfter = ({
  clipvalue,
  clipnorm: norm,
  globalClipnorm: whole,
}: BaseSettings): GradientTransformation => {
  const links: readonly (GradientTransformation | null)[] = [
    clipvalue === null ? null : toNorm(clip, clipvalue),
    norm === null ? null : toNorm(clipnorm, norm),
    whole === null ? null : toNorm(globalClipnorm, whole),
  ]
  return chain(...links.filter(link => link !== null))
}
