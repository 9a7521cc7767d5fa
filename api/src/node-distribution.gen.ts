// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

// Made from crds/patchswarm.dev_nodedistributions.yaml by scripts/generate.ts: do not edit, change the CRD and run `npm run generate`.
import type { Condition } from './condition.ts'
import type { ObjectMeta } from './metadata.ts'

/**
 * A NodeDistribution is one node's part of a DistributionJob: a live row for `kubectl get nodedistributions -w`. The operator makes it when the node's turn comes, owns every field of it, and it goes with its job. Don't create or change one: change the DistributionJob.
 */
export interface NodeDistribution {
  /**
   * Always patchswarm.dev/v1alpha1.
   */
  apiVersion?: 'patchswarm.dev/v1alpha1'
  /**
   * Always NodeDistribution.
   */
  kind?: 'NodeDistribution'
  metadata: ObjectMeta
  spec: NodeDistributionSpec
  status?: NodeDistributionStatus
}
/**
 * Which node gets what for which job. Immutable.
 */
export interface NodeDistributionSpec {
  /**
   * Name of the Node. `kubectl get nodedistributions --field-selector spec.nodeName=NODE` lists all that a node is to get.
   */
  nodeName: string
  /**
   * UID of the Node; another machine that gets the same name is another node.
   */
  nodeUID?: string
  /**
   * Name of the DistributionJob in the same namespace, which also owns the object.
   */
  job: string
  /**
   * The PatchArtifacts of the job, in its order.
   *
   * Items: One PatchArtifact.
   */
  artifacts: {
    /**
     * Name of the PatchArtifact in the same namespace.
     */
    name: string
  }[]
  /**
   * Why the work was never handed out to the node, found before it began; the status says it, too. Absent when nothing spoke against it.
   */
  refusal?: {
    /**
     * One CamelCase word, such as PathConflict.
     */
    reason: string
    /**
     * What was found and what to do, as a sentence.
     */
    message: string
  }
  /**
   * The wave of the job in which the node began, when the job has waves.
   */
  wave?: string
  /**
   * The job's retryToken when the first try began.
   */
  retryToken?: string
}
/**
 * What the node has reported. Written by the operator alone.
 */
export interface NodeDistributionStatus {
  /**
   * The metadata.generation that this status is about; -1 before the operator has seen the object.
   */
  observedGeneration?: number
  /**
   * Ready is True when every file lies verified under its name on the node, Stalled when the node has failed or was skipped.
   *
   * Items: One aspect of the object's state.
   */
  conditions?: Condition[]
  /**
   * Where the node is: Waiting (not begun), Fetching (chunks come in), Verifying (the whole file is hashed and put under its name), Delivered, Failed, or Skipped (nobody waits for the node any more).
   */
  state?: 'Waiting' | 'Fetching' | 'Verifying' | 'Delivered' | 'Failed' | 'Skipped'
  /**
   * One CamelCase word for why it is so: WaitingForPeers, Suspended or Retrying while it waits; DigestMismatch, DirectoryNotAllowed, RootMissing, TargetNotWritable, InsufficientDisk, PathConflict, AgentTooOld, InvalidDirectory or NoProgress when it failed; NodeGone, NodeLeft, NodeNotReady or NodeCordoned when it was skipped.
   */
  reason?: string
  /**
   * The same as a sentence, with what to do about it.
   */
  message?: string
  /**
   * Which try this is, from 1.
   */
  attempt?: number
  /**
   * Tries that followed a failure, since the node had its files last and under the job's present retryToken.
   */
  retries?: number
  /**
   * The job's retryToken when this try began; that of the first one stands in the spec.
   */
  retryToken?: string
  /**
   * How much of the job's bytes this node has, 0 to 100.
   */
  progressPercent?: number
  /**
   * Bytes a second over the last seconds, for people. Example: 11 MiB/s
   */
  rate?: string
  /**
   * Peers that the node is connected to for this job.
   */
  peers?: number
  /**
   * Payload bytes by where they came from. They count verified chunks only.
   */
  bytes?: {
    /**
     * Bytes that this node read from the origin itself.
     */
    origin?: number
    /**
     * Bytes from other nodes and seeders.
     */
    peers?: number
    /**
     * Bytes that the node held already when the job began.
     */
    cache?: number
    /**
     * Bytes of all files of the job.
     */
    total?: number
  }
  /**
   * The files as they lie on the node.
   *
   * Items: One delivered file.
   */
  files?: {
    /**
     * Its path on the node.
     */
    path: string
    /**
     * SHA-256 that the node computed over the whole file before it got its name, 64 hex digits.
     */
    sha256: string
  }[]
  /**
   * When the node got the work.
   */
  startTime?: string
  /**
   * When the last file got its name, or the node failed.
   */
  completionTime?: string
}
