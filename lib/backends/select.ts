/** Registers devices. */
import { stageByStage } from '../program/stages.js'
import type { Device } from './device.js'
import { takeStageOn, takeWhole } from './fused/run.js'
import { register } from './registry.js'

/** Effects: this device runs all steps on the backend of its name from now on. */
export const useDevice = (device: Device): void => {
  register({
    device,
    whole: (program, request, goal, consuming) => takeWhole(device, program, request, goal, consuming),
    walk: stageByStage(takeStageOn(device)),
  })
}
