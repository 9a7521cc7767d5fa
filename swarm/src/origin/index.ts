// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { OriginError, type OriginReason } from './errors.ts'
export type { AskGrant, GrantAnswer, Leave } from './granted-bytes.ts'
export { MissingChunks } from './missing-chunks.ts'
export { OriginMemory } from './origin-memory.ts'
export {
  type ReadOriginOptions,
  type ReadOriginResult,
  type ReadStretchOptions,
  readOrigin,
  readStretch,
  type SourceHealth,
} from './read-origin.ts'
