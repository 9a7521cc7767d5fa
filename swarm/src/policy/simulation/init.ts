// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Parameters } from '../parameters.ts'
import type { Edge } from './topology.ts'

/** A node as it starts; rates are bytes a millisecond of payload. */
export interface NodeInit {
  readonly up: number
  readonly down: number
  /** When it comes and goes, in milliseconds; from the start and never when left out. */
  readonly joinsAt?: number | undefined
  readonly diesAt?: number | undefined
  /** Where it is; the rules for sites hold for those who say so. */
  readonly site?: number | undefined
  /** It has neighbours in other sites. */
  readonly answers?: boolean | undefined
  /** It takes part like all others, and every chunk that it sends is wrong. */
  readonly lies?: boolean | undefined
  /** The run does not end before it has everything; so with all receivers, when left out. */
  readonly awaited?: boolean | undefined
}

/** A swarm to simulate; times are milliseconds. */
export interface SimulationInit {
  /** Node 0 is the seeder and has the file. */
  readonly nodes: readonly NodeInit[]
  readonly edges: readonly Edge[]
  /** The lines of the sites into the world, bytes a millisecond: without them, sites have all they want. */
  readonly sites?: readonly { readonly up: number; readonly down: number }[]
  readonly chunks: number
  readonly chunkBytes: number
  readonly seed?: number
  readonly parameters?: Partial<Parameters>
  /** Milliseconds that every message and the last byte of a chunk are under way. */
  readonly latencyMs?: number
  readonly verifyMs?: number
  /** How long the neighbours of a node that dies do not know. */
  readonly detectMs?: number
  /** How long an uplink has room before the neighbours that hold it back count as stalled. */
  readonly stallMs?: number
  /** The uplink of a holder has room while less than this part of it is used. */
  readonly idleShare?: number
  /** Tells every HAVE when it comes, and not only when it matters: the same run, but slower. */
  readonly promptNews?: boolean
  /** By how much a rate may be wrong, as a part of it: cheaper in a large swarm. */
  readonly tolerance?: number
}

export const defaults = {
  seed: 1,
  latencyMs: 0.2,
  verifyMs: 1,
  detectMs: 1000,
  stallMs: 0,
  idleShare: 0.9,
  promptNews: false,
  tolerance: 1e-6,
}
