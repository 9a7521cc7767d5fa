// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export * from './condition.ts'
export * from './conditions.ts'
export type * from './crd.ts'
export type * from './distribution-job.gen.ts'
export * from './file-name.ts'
export type * from './metadata.ts'
export * from './names.ts'
export type * from './node-distribution.gen.ts'
export type * from './p2p-profile.gen.ts'
export type * from './patch-artifact.gen.ts'
export { formatProblem, type Problem } from './problem.ts'
export * from './quantity.ts'
export * from './resources.ts'
export { createValidator } from './validate.ts'
