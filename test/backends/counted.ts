/** How often a device ran: a test that never left the interpreter shows nothing of it. */
import type { Device } from '../../lib/backends/device.js'
import { useDevice } from '../../lib/backends/select.js'
import { ready, type FirstLink } from '../../lib/index.js'

let ran = 0

/** How many jobs of steps there were, all devices together. */
export const jobs = (): number => ran

/** Effects: steps run on this device from now on, and are counted. */
export const useCounted = (device: Device): void => {
  useDevice({
    ...device,
    run: job => {
      ran += 1
      device.run(job)
    },
  })
}

/** `ready`, whose own runs are no steps. */
export const readied = async (tx: FirstLink, params: unknown): Promise<void> => {
  const before = ran
  await ready(tx, { params })
  ran = before
}
