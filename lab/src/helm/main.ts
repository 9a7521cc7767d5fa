// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { pino } from 'pino'
import { GoBuildError } from '../control-plane/go-build.ts'
import { findHelm } from './helm.ts'

// Finds Helm, or builds it, before a test needs it; a machine without Go goes without those tests.
try {
  console.log(await findHelm(pino({ base: null, timestamp: false, formatters: { level: () => ({}) } })))
} catch (error) {
  if (!(error instanceof GoBuildError)) throw error
  console.error(`the chart's tests are skipped: ${error.message}`)
}
