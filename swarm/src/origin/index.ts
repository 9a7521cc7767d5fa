// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { ChunkFiller } from './chunk-filler.ts'
export { OriginError, type OriginReason } from './errors.ts'
export type { AskGrant, GrantAnswer, Leave } from './granted-bytes.ts'
export type { OriginAccess } from './http.ts'
export { MissingChunks } from './missing-chunks.ts'
export { OriginMemory } from './origin-memory.ts'
export type { RangeSink } from './range-requests.ts'
export {
  type OriginSource,
  OriginStretches,
  type ReadOriginOptions,
  type ReadOriginResult,
  type ReadStretchOptions,
  readOrigin,
  readStretch,
} from './read-origin.ts'
export { readSmall } from './read-small.ts'
export { SourceBook, type SourceHealth } from './source-book.ts'
export { UnprovenChunks } from './unproven-chunks.ts'
