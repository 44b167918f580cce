/** Codecs that accept some values as they are. */
import * as t from 'io-ts'

/** A codec of the values for which `is` holds; its name says in messages what was expected. */
export const exactly = <A>(name: string, is: t.Is<A>): t.Type<A, unknown> =>
  new t.Type(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity)

export const flag = /* @__PURE__ */ exactly('true or false', t.boolean.is)
