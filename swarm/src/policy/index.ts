// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { defaultParameters, leanParameters, type Parameters } from './parameters.ts'
export { createPolicy, isHeld, type PolicyInit, type PolicyState } from './state.ts'
export { step, wakeAt } from './step.ts'
export type { Action, PassReason, PeerKey, Place, PolicyEvent } from './types.ts'
