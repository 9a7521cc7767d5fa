// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Condition } from '@patchswarm/api'

/** What a condition says to programs. */
const words = (conditions: readonly Condition[] | undefined) =>
  conditions?.map(({ type, status, reason, observedGeneration }) => ({
    type,
    status,
    reason,
    observedGeneration,
  }))

interface Reported {
  observedGeneration?: number
  conditions?: Condition[]
}

/**
 * The part of a status that is written at once: conditions without their sentences, and the named fields. The rest
 * moves all the time and is paced.
 */
export const essenceBy =
  <S extends Reported>(...fields: (keyof S)[]) =>
  (status: S): unknown => ({
    observedGeneration: status.observedGeneration,
    conditions: words(status.conditions),
    ...Object.fromEntries(fields.map((field) => [field, status[field]])),
  })
