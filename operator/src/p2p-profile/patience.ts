// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PodTrouble } from './pod-trouble.ts'

/** A Pod that starts, connects again or is being replaced has so long before anybody is told. */
const startMs = 30_000
/** After so long one that is only starting will not come up by itself. */
const patienceMs = 120_000

export const isToBeTold = ({ starting }: PodTrouble, ageMs: number): boolean => !starting || ageMs >= startMs

export const isPatienceOver = ({ starting }: PodTrouble, ageMs: number): boolean =>
  !starting || ageMs >= patienceMs
