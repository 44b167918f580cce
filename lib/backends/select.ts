/** Devices to run plans on. */
import type { Device } from './device.js'
import { takeStageOn, takeWhole } from './fused/run.js'
import { register } from './registry.js'

/** Effects: plans run on this device from now on, where tfjs uses the backend of its name. */
export const useDevice = (device: Device): void => {
  register({
    device,
    whole: (program, request, goal, consuming) => takeWhole(device, program, request, goal, consuming),
    stage: takeStageOn(device),
  })
}
