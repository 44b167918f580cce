/** A server on localhost, for what a browser must not load from a folder. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '': 'text/html',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
}

export interface Answer {
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** The answer for a path, which begins with a slash; null where there is nothing. */
export type Answers = (path: string) => Answer | null | Promise<Answer | null>

/** The files of a folder. */
export const filesIn =
  (folder: string): Answers =>
  path =>
    readFile(join(folder, path)).then(
      body => ({ body }),
      () => null,
    )

export interface Served {
  /** ends in a slash */
  readonly url: string
  readonly close: () => void
}

/** The type of an answer is that of the name in its path; a path without an ending is a page. */
export const serve = async (answers: Answers): Promise<Served> => {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    void Promise.resolve(answers(pathname)).then(answer => {
      if (answer === null) response.writeHead(404).end()
      else
        response
          .writeHead(200, { 'content-type': types[extname(pathname)] ?? 'text/plain', ...answer.headers })
          .end(answer.body)
    })
  })
  await new Promise<void>(listening => server.listen(0, 'localhost', listening))
  const { port } = server.address() as AddressInfo
  return { url: `http://localhost:${port}/`, close: () => server.close() }
}
