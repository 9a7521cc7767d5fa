// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { pino } from 'pino'
import { BinariesError, findBinaries } from './binaries.ts'

// Finds the programs of the control plane, or brings them, before a test needs them: the first time it takes minutes.
try {
  const log = pino({ base: null, timestamp: false, formatters: { level: () => ({}) } })
  console.log(await findBinaries({ log }))
} catch (error) {
  if (!(error instanceof BinariesError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
