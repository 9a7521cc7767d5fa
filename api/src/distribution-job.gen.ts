// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

// Made from crds/patchswarm.dev_distributionjobs.yaml by scripts/generate.ts: do not edit, change the CRD and run `npm run generate`.
import type { Condition } from './condition.ts'
import type { LabelSelector, ObjectMeta } from './metadata.ts'

/**
 * A DistributionJob brings PatchArtifacts to nodes: every selected node fetches them from its peers, checks the whole file and puts it under its name into a folder. It is done when every node has them.
 */
export interface DistributionJob {
  /**
   * Always patchswarm.dev/v1alpha1.
   */
  apiVersion?: 'patchswarm.dev/v1alpha1'
  /**
   * Always DistributionJob.
   */
  kind?: 'DistributionJob'
  metadata: ObjectMeta
  spec: DistributionJobSpec
  status?: DistributionJobStatus
}
/**
 * What goes where, and how fast. `artifacts`, `target`, `delivery` (but for `replaces`) and `completionPolicy` are immutable; `rollout`, `schedule`, `suspend`, `handOver` and `ttlSecondsAfterFinished` may change at any time.
 */
export interface DistributionJobSpec {
  /**
   * The PatchArtifacts that every node gets, all of one P2PProfile. 1 to 16. Those that are missing or not yet Ready are waited for. Immutable.
   *
   * Items: One PatchArtifact.
   */
  artifacts: {
    /**
     * Name of a PatchArtifact in the job's namespace. Example: patch-1.0
     */
    name: string
  }[]
  /**
   * Which of the profile's nodes get the files. Left out or empty, all of them; with both fields, nodes that are named and match the selector. Nodes that join after the job's start are included with completionPolicy KeepCurrent only. Immutable.
   */
  target: {
    /**
     * Labels of the nodes. Example: {matchLabels: {pool: edge}}
     */
    nodeSelector?: LabelSelector
    /**
     * Names of nodes, at most 1000; more nodes are better chosen by label.
     */
    nodeNames?: string[]
  }
  /**
   * How fast it goes. May be changed while the job runs.
   */
  rollout: {
    /**
     * How many nodes may be at work at the same time: a number of at least 1, or a percentage of the selected nodes from 1% to 100% (rounded up).
     *
     * Default: 100%.
     */
    maxConcurrent: number | string
    /**
     * Groups of nodes that begin one after the other: the next one begins when every node of the one before is done and its soakSeconds have passed. Nodes that no wave takes follow in a last wave named `rest`. Left out, all nodes are one wave.
     *
     * Items: One wave. It has either `nodes` or `selector`.
     */
    waves?: {
      /**
       * Name of the wave, as messages and the status call it. Example: canary
       */
      name: string
      /**
       * How many further nodes begin in this wave: a number of at least 1, or a percentage of all the job's nodes from 1% to 100% (rounded up). Fixed when the wave begins.
       */
      nodes?: number | string
      /**
       * Labels of the nodes of this wave. One whose labels no node has is over at once, and the message of Ready names it. Example: {matchLabels: {ring: "0"}}
       */
      selector?: LabelSelector
      /**
       * How long to wait and see, after the last node of this wave is done, before the next begins.
       *
       * Default: 0.
       */
      soakSeconds: number
    }[]
    /**
     * How many nodes may not fail: a number of at least 1, or a percentage of the selected nodes from 1% to 100% (rounded up). When so many have failed, onThreshold says what happens; a job that ends with fewer failures is Complete. Left out, no number of failures stops the job, and it is Complete only when no node failed.
     */
    failureThreshold?: number | string
    /**
     * Halt starts no further node once failureThreshold is reached, lets those at work finish, and waits for a new retryToken; Continue goes on to the last node and then says Failed.
     *
     * Default: Halt.
     */
    onThreshold: 'Halt' | 'Continue'
    /**
     * How often a node that failed tries again by itself, after 5 seconds, 10, 20 and so on.
     *
     * Default: 0.
     */
    retries: number
    /**
     * A node at work fails with NoProgress when it has got nothing done for so long although it could: its agent is not connected, or a peer has what it lacks, or the file is being written. Time in which the job is suspended or outside its hours, the artifact is not all read, or no peer that can be reached has what the node lacks does not count, nor does the first minute of a new leader. Never less than two report intervals (from 4 seconds in a small cluster to 2 minutes from 12000 nodes on).
     *
     * Default: 600.
     */
    stallTimeoutSeconds: number
    /**
     * The job says Stalled with ProgressDeadlineExceeded when nodes may be at work and none of them has got further for so long; it goes on all the same, and takes it back when something comes. Left out, it never says so.
     */
    progressDeadlineSeconds?: number
    /**
     * Any new text lets all failed nodes try again, also those of a halted or finished job. Example: "after-mount-fix"
     */
    retryToken?: string
  }
  /**
   * Where the files go on a node. Immutable but for `replaces`.
   */
  delivery: {
    /**
     * Folder on the nodes, one of the profile's delivery.allowedRoots or below one; folders below the root are made when they are missing. Example: /opt/patches/base
     */
    directory?: string
    /**
     * How a file gets into the directory. Auto shares the extents of the copy in the cache where the file system can, else it copies; Copy always writes the bytes anew, so that no later fault of the cache's blocks is one of the file's; CacheOnly writes nothing: the node fetches and checks the whole and has it ready for another job, until the profile's cache.retentionDays are over.
     *
     * Default: Auto.
     */
    method: 'Auto' | 'Copy' | 'CacheOnly'
    /**
     * Permissions of the files as an octal string between quotes, at most 0777.
     *
     * Default: 0644.
     */
    mode: string
    /**
     * How many versions of an artifact's series stay in the directory, the new one with them. Once it is there, older ones that jobs of this profile have delivered into the same directory of the node are removed, as long as nobody has changed them. Left out, all stay.
     */
    keepVersions?: number
    /**
     * Name of a DistributionJob in this namespace whose paths this one takes over. A path on a node belongs to one job, also when that is done: another one that brings another file there fails with PathConflict unless it names the first here. Nodes at work for the first finish before; those that have not begun are left to this one. May be changed.
     */
    replaces?: string
    /**
     * Owner of the files as numbers uid:gid between quotes; left out, the agent's own user (root). Example: "1000:1000"
     */
    owner?: string
  }
  /**
   * When nodes may begin. Left out, at once and at any time. May be changed while the job runs.
   */
  schedule?: {
    /**
     * No node begins before. Example: "2026-12-01T22:00:00Z"
     */
    notBefore?: string
    /**
     * Hours in which nodes may begin, by the operator's clock; several add up. Left out or empty, at all hours.
     *
     * Items: Hours of some days of the week. Example: {days: [Sat, Sun], start: "22:00", end: "06:00", timeZone: Europe/Berlin}
     */
    windows: {
      /**
       * Days on which the window begins, by the calendar of timeZone; every day when left out.
       */
      days?: ('Mon' | 'Tue' | 'Wed' | 'Thu' | 'Fri' | 'Sat' | 'Sun')[]
      /**
       * When it begins, as HH:MM on the clock of timeZone.
       */
      start: string
      /**
       * When it ends, as HH:MM up to 24:00. Not after start, it is a time of the next day.
       */
      end: string
      /**
       * Time zone of the window, by its IANA name. The window goes by the clock on the wall, also when that is put forward or back. Example: Europe/Berlin
       *
       * Default: Etc/UTC.
       */
      timeZone: string
    }[]
    /**
     * What becomes of nodes that are at work when a window ends: Finish lets them, Pause holds them where they are until the next one.
     *
     * Default: Finish.
     */
    atWindowEnd: 'Finish' | 'Pause'
  }
  /**
   * Tells other programs on which nodes the files lie, by an annotation on the Node that is written when it has them all. Left out, nothing is written. Needs handOver.enabled of the chart (or deploy/rbac-hand-over.yaml), which lets the operator patch nodes.
   */
  handOver?: {
    /**
     * Name of the annotation NAMESPACE.delivered.patchswarm.dev/NAME, with the job's namespace. Its value is the digest of the artifact, with several artifacts their digests in the order of the job with commas between. Example: kernel
     */
    nodeAnnotation: string
  }
  /**
   * The job is deleted so long after it is Complete or Failed, with its NodeDistributions; delivered files stay. Left out, it stays: what creates jobs from a repository would only create it again. Not with completionPolicy KeepCurrent.
   */
  ttlSecondsAfterFinished?: number
  /**
   * Once brings the files to the nodes that exist when the job starts, and ends; KeepCurrent also brings them to nodes that join or get the labels later, and never ends. Immutable.
   *
   * Default: Once.
   */
  completionPolicy: 'Once' | 'KeepCurrent'
  /**
   * true lets no further node begin and holds those at work where they are, without losing what they have; false goes on.
   *
   * Default: false.
   */
  suspend: boolean
}
/**
 * How far the job is, in bounded size: numbers and the few nodes that matter. Every node has a NodeDistribution of its own. Written by the operator alone.
 */
export interface DistributionJobStatus {
  /**
   * The metadata.generation that this status is about; -1 before the operator has seen the object.
   */
  observedGeneration?: number
  /**
   * Complete (every node has the files, or fewer failed than rollout.failureThreshold; with Ready), Failed (done, but not every node has them), Suspended, Reconciling (at work or waiting) and Stalled (a person must do something), each with a reason and a sentence.
   *
   * Items: One aspect of the object's state.
   */
  conditions?: Condition[]
  /**
   * Nodes that are to get the files.
   */
  desired?: number
  /**
   * Nodes that have not begun.
   */
  waiting?: number
  /**
   * Nodes at work.
   */
  active?: number
  /**
   * Nodes that have the files, each checked against its digest.
   */
  succeeded?: number
  /**
   * Nodes that could not; the first 20 are listed in failedNodes.
   */
  failed?: number
  /**
   * Nodes that were selected and take no part: deleted, gone from the profile, cordoned, not ready for a minute, or left to a job that replaces this one; the first 20 are listed in skippedNodes.
   */
  skipped?: number
  /**
   * The wave that is under way, when the job has waves.
   */
  wave?: {
    /**
     * Its name in rollout.waves, or rest.
     */
    name: string
    /**
     * Nodes in it; of a wave with `nodes` fixed when it began.
     */
    size: number
    /**
     * Nodes of it that are done, whatever came of it.
     */
    finished?: number
    /**
     * When the next wave may begin; only while all of this one is done.
     */
    soakUntil?: string
  }
  /**
   * How much of all bytes of all nodes has arrived, 0 to 100.
   */
  progressPercent?: number
  /**
   * Payload bytes by where they came from, all nodes together.
   */
  bytes?: {
    /**
     * Bytes read from the origin for the job's artifacts, by seeders and nodes, all tries together.
     */
    origin?: number
    /**
     * Bytes that nodes received from other nodes and seeders.
     */
    peers?: number
    /**
     * Bytes that nodes held already when the job began.
     */
    cache?: number
    /**
     * Bytes of all files of all nodes.
     */
    total?: number
  }
  /**
   * What the origin did not have to send because nodes gave the files to each other.
   */
  savings?: {
    /**
     * Bytes that every node downloading alone would have read from the origin, less those really read; 0 when that was more.
     */
    bytes?: number
    /**
     * The same as a share of what every node downloading alone would have read.
     */
    percent?: number
  }
  /**
   * Bytes read from the origin divided by the bytes of the artifacts, with three decimals: 1.000 means that the origin sent them once. Example: "1.003"
   */
  originAmplification?: string
  /**
   * When the job will be done at the present rate; absent while that cannot be said.
   */
  estimatedCompletion?: string
  /**
   * When the job's nodes were chosen. Nodes that joined later are part of it with KeepCurrent only.
   */
  startTime?: string
  /**
   * When the last node was done.
   */
  completionTime?: string
  /**
   * When bytes came or a node was done last; only while nodes may be at work. rollout.progressDeadlineSeconds counts from here.
   */
  lastProgressTime?: string
  /**
   * The first 20 nodes that failed, and why.
   *
   * Items: A node that failed.
   */
  failedNodes?: {
    /**
     * Name of the Node.
     */
    node: string
    /**
     * One CamelCase word, such as InsufficientDisk.
     */
    reason: string
    /**
     * What was found and what to do, as a sentence.
     */
    message: string
  }[]
  /**
   * The first 20 nodes that are left out, and why.
   *
   * Items: A node that is left out.
   */
  skippedNodes?: {
    /**
     * Name of the Node.
     */
    node: string
    /**
     * NodeGone, NodeLeft, NodeNotReady, NodeCordoned or Replaced.
     */
    reason: string
    /**
     * The same as a sentence.
     */
    message: string
  }[]
  /**
   * The five nodes at work that have the least, the slowest first.
   *
   * Items: A node at work.
   */
  slowestNodes?: {
    /**
     * Name of the Node.
     */
    node: string
    /**
     * How much it has, 0 to 100.
     */
    progressPercent: number
    /**
     * One CamelCase word, such as WaitingForPeers; absent while chunks come in.
     */
    reason?: string
  }[]
}
