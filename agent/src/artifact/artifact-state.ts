// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Failure } from '../failure.ts'

/** Why the origin was not read to its end. */
export interface IngestFailure extends Failure {
  /** Only another spec can help. */
  final: boolean
  /** How far it was read then. */
  bytesHeld: number
}

/** What is known of an artifact on this node at one moment. */
export interface Situation {
  role: 'agent' | 'seeder'
  /** A seeder of what agents read. */
  collects: boolean
  wanted: boolean
  suspended: boolean
  /** Root CID as the tracker knows it, empty before. */
  cid: string
  complete: boolean
  /** A part of its manifest is known, signed by a seeder that still reads. */
  growing: boolean
  /** All that was read was another file than the digest says. */
  refuted: boolean
  /** Bytes that the running ingest has taken; undefined when none runs. */
  ingested: number | undefined
  peers: number
  failure: Failure | undefined
  ingestFailure: IngestFailure | undefined
  /** The cache has no room for what is lacking, since then (milliseconds since the epoch). */
  shortage: (Failure & { since: number }) | undefined
  /** Chunks cannot be stored at the moment, since then (milliseconds since the epoch). */
  trouble: (Failure & { since: number }) | undefined
}

export interface ArtifactState {
  state: 'Waiting' | 'Ingesting' | 'Fetching' | 'Complete' | 'Failed'
  reason: string
  message: string
  /** When the store began to refuse chunks, in milliseconds since the epoch. */
  troubleSince?: number
}

/** What is said of an artifact in this situation; the first sentence that is true. */
export function artifactState(situation: Situation): ArtifactState {
  const { failure, ingestFailure, ingested } = situation
  if (failure) return failed(failure)
  if (situation.complete) return { state: 'Complete', reason: '', message: '' }
  // A new try has to get further than the last one before the failure is taken back.
  if (ingestFailure && (ingestFailure.final || (ingested ?? 0) <= ingestFailure.bytesHeld)) {
    return failed(ingestFailure)
  }
  if (situation.suspended) return waiting('Suspended', 'the job is suspended')
  if (ingested !== undefined) return { state: 'Ingesting', reason: 'Ingesting', message: '' }
  if (!situation.wanted) return waiting('NotWanted', 'nothing on this node needs it')
  if (situation.role === 'seeder' && !situation.collects)
    return waiting('Resolving', 'about to read the origin')
  return fetching(situation)
}

function fetching({ shortage, trouble, cid, growing, refuted, peers }: Situation): ArtifactState {
  if (shortage && (cid !== '' || growing)) {
    const { reason, message, since } = shortage
    return { ...waiting(reason, message), troubleSince: since }
  }
  if (trouble) {
    const { reason, message, since } = trouble
    return { state: 'Fetching', reason, message, troubleSince: since }
  }
  if (cid === '' && !growing) {
    return waiting('WaitingForArtifact', refuted ? otherFile : 'no seeder has begun to read it')
  }
  if (peers === 0) return waiting('WaitingForPeers', 'no peer that has it is connected')
  return { state: 'Fetching', reason: 'Fetching', message: '' }
}

const otherFile = 'what the seeder has read is not the file of the digest: it is discarded'

const failed = ({ reason, message }: Failure): ArtifactState => ({ state: 'Failed', reason, message })

const waiting = (reason: string, message: string): ArtifactState => ({ state: 'Waiting', reason, message })
