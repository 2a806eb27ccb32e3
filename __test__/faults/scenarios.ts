import { answerFaults } from './answer-faults.js'
import { connectionFaults } from './connection-faults.js'
import { fileFaults } from './file-faults.js'
import { networkFaults } from './network-faults.js'
import type { Scenario } from './scenario.js'
import { timeFaults } from './time-faults.js'

/** All faults, by what they strike. */
export const scenarioGroups: Readonly<Record<string, readonly Scenario[]>> = {
  'Names and trust': networkFaults,
  Connections: connectionFaults,
  Answers: answerFaults,
  'Files and processes': fileFaults,
  'Time, credentials and aborts': timeFaults,
}
