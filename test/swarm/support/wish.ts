// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Origin } from '../../../lab/src/origin/index.ts'

/** A file of random bytes, as the tracker names it. */
export interface TestFile {
  /** `file`, then `file-2` and so on. */
  readonly name: string
  readonly swarmId: Uint8Array
  readonly size: number
  readonly sha256: string
  readonly origin: Origin
}

/** What the test wishes now; the fleet's tracker tells everybody, again and again. */
export interface Wish {
  file: TestFile
  /** Names of the agents that are to deliver it. */
  deliverTo: string[]
  suspended?: boolean
  /** Auto when left out. */
  method?: 'Copy' | 'CacheOnly'
  /** file.bin when left out. */
  fileName?: string
  series?: string
  /** The file is to stay as it was delivered. */
  guarded?: boolean
  keepVersions?: number
  wipe?: boolean
  /** Digest told to everybody, when not the true one. */
  digest?: string
  directory?: string
  /** Agents may read the origin when nothing has moved for so long. */
  afterStallMs?: number
  /** Agents read it, as the operator elects them; the seeder does not. */
  agentsRead?: boolean
  /** What readers are told that they read for. */
  spec?: string
  /** Of what may be granted, as in a PatchArtifact; 1.2 when left out. */
  budgetFactor?: number
  /** By name of the agent: where it finds another file under the same name and version. */
  misled?: Record<string, Origin>
  /** Listed too, and wanted by nobody. */
  also?: TestFile[]
  /** Limits of the agents' caches. */
  cache?: { minSize?: number; maxSize?: number; minFree?: number; retentionMs?: number }
  /** Bytes a second at which agents may fetch. */
  download?: number
  /** Where the seeder reads the file, when not plainly from its origin. */
  source?: { url: string; headers?: Record<string, string>; caBundle?: string; proxy?: string }
  /** Names of the agents that may evict their copies. */
  spareOn?: string[]
}
