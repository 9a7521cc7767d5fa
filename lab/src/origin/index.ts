// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
export type { Fault } from './fault.ts'
export { type Origin, type OriginOptions, startOrigin } from './origin.ts'
