// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
export { type DistributeOptions, distribute } from './distribute.ts'
export { adaptExample, readExample, type Wishes } from './example.ts'
export { defaultInput, describeFile, type InputFile, randomFile, sha256Of } from './input-file.ts'
export type { NodeProgress, Progress } from './progress.ts'
export { isVerified, type LabResult, type NodeResult } from './result.ts'
