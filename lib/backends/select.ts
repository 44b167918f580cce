/** Devices to run plans on. */
import type { Device } from './device.js'
import { runFused, runLinks, runOver } from './fused/run.js'
import { register } from './registry.js'

/** Effects: plans run on this device from now on, where tfjs uses the backend of its name. */
export const useDevice = (device: Device): void => {
  register({
    device,
    fresh: (program, request, goal) => runFused(device, program, request, goal),
    over: (program, request) => runOver(device, program, request),
    links: (program, input) => runLinks(device, program, input),
  })
}
