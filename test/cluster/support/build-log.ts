// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { pino } from 'pino'

/** Says what is brought and built: the first time that takes minutes. */
export const buildLog = pino(
  { base: null, timestamp: false },
  { write: (line: string) => console.log((JSON.parse(line) as { msg: string }).msg) },
)
