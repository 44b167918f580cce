// Passes TAP through and closes with a line `N passed, N failed`, which tap itself does not print.
// It must be a Transform: tap pipes it on to stdout, and a pure Writable dies there.
import { Transform } from 'node:stream'

export default class Summary extends Transform {
  #tail = ''

  _transform(chunk, _encoding, done) {
    this.#tail = (this.#tail + chunk).slice(-4096)
    done(null, chunk)
  }

  _flush(done) {
    const totals = [...this.#tail.matchAll(/^# \{ total: .*\}$/gm)].at(-1)?.[0] ?? ''
    const count = kind => Number(new RegExp(`${kind}: (\\d+)`).exec(totals)?.[1] ?? 0)
    const skipped = count('skip') + count('todo')
    done(null, `${count('pass')} passed, ${count('fail')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  }
}
