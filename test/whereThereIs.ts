/** Tests of what not every machine has: a browser, a GPU driver. */
import t, { type Test } from 'tap'

/**
 * A subtest; where it has nothing to run on it is skipped with the reason, or fails with it if SKIP_NOTHING is 1, as
 * `.ci/run` sets it.
 */
export const whereThereIs = (title: string, missing: string | null, run: (test: Test) => Promise<void>): void => {
  if (missing === null) t.test(title, run)
  else if (process.env['SKIP_NOTHING'] === '1')
    t.test(title, test => {
      test.fail(missing)
      test.end()
    })
  else t.test(title, { skip: missing }, run)
}
