// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/**
 * Every condition type. Polarity `positive` is always there and True when all is well; `abnormal` is there only while it
 * is True; `neutral` is there only while it is True and says neither good nor bad.
 */
export const conditionTypes = {
  Ready: { polarity: 'positive', meaning: 'The object is as its spec says.' },
  Reconciling: {
    polarity: 'abnormal',
    meaning: 'The operator is at work on it or waits for something; no one need act.',
  },
  Stalled: { polarity: 'abnormal', meaning: 'It will not go on until a person changes something.' },
  Complete: { polarity: 'neutral', meaning: 'Every node of the job has its files; the job is over.' },
  Failed: { polarity: 'abnormal', meaning: 'The job is over and at least one node does not have its files.' },
  Suspended: { polarity: 'neutral', meaning: 'The job stands still because spec.suspend is true.' },
} as const satisfies Record<string, { polarity: 'positive' | 'abnormal' | 'neutral'; meaning: string }>
export type ConditionType = keyof typeof conditionTypes

export const patchArtifactReasons = {
  Resolving: 'The sources are asked for length and ETag.',
  Ingesting: 'A seeder, or agents in its place, read the file from its origin; it is checked on the way.',
  Seeded: 'A seeder holds the whole file and its digest is right.',
  DigestMismatch: 'The origin sent a file whose SHA-256 is not spec.digest.',
  SignatureInvalid:
    'The signature is not one of the digest by the key of spec.signature, or the key cannot be used.',
  SignatureUnreachable: 'Nothing could be read from spec.signature.url.',
  SizeMismatch: 'The origin states or sent another length than spec.size or than it had stated.',
  OriginUnreachable: 'No source could be read: connection, HTTP status or time-out.',
  SourceForbidden:
    "The profile's origin.allowedDomains does not admit any source, or names lead to refused addresses.",
  SecretInvalid: 'The Secret of each source is missing, of another type, unreadable or wrong.',
  OriginChanged: 'The file changed at the origin while it was read.',
  OriginBudgetExhausted: 'The sources were read as often as spec.origin.budgetFactor allows.',
  InsufficientDisk: 'The cache of the seeder has no room for the file.',
  StoreError: 'The cache of the seeder cannot be read or written.',
  WaitingForProfile: 'The P2PProfile does not exist or is disabled.',
  WaitingForSeeder: 'No seeder of the profile is connected.',
  SeederMissing:
    'No seeder of the profile is connected, and none will be before somebody acts: the P2PProfile says why.',
  WaitingForAgents: 'Agents are to read the file (origin.access of the profile), and none is connected.',
  ChunkingNotReadable:
    'Agents are to read the file, and it is to be cut by content: only a seeder can do that.',
  FirstUseNotReadable:
    'Agents are to read the file, and its digest is unknown (trustOnFirstUse): only a seeder can say what it is.',
  NamespaceNotAllowed: "The profile's allowedNamespaces does not admit this namespace.",
} as const
export type PatchArtifactReason = keyof typeof patchArtifactReasons

export const p2pProfileReasons = {
  Rolling: 'Agents or seeders are being started or replaced.',
  AgentsReady: 'Every agent and seeder runs with the present spec.',
  AgentsMissing:
    'Agents do not come up or do not connect, and no others are on the way: status.agents.missingNodes says where and why.',
  Disabled: 'spec.enabled is false and nothing runs.',
  NodeOverlap:
    'Older profiles have nodes that this one matches, too (status.overlap): Stalled when they have all, else the others run.',
  RootMissing: 'All run, and nodes lack a root of delivery.allowedRoots (status.roots): jobs fail there.',
  CleaningUp: 'Agents empty their caches before they go.',
  WaitingForSeeder: 'All agents are ready, the seeder is not.',
  SeederMissing: 'The seeder does not come up or does not connect; the message says which Pod and why.',
} as const
export type P2PProfileReason = keyof typeof p2pProfileReasons

export const distributionJobReasons = {
  Distributing: 'Nodes are fetching.',
  WaitingForArtifact: 'A PatchArtifact does not exist or is not Ready yet.',
  ArtifactFailed: 'A PatchArtifact is Stalled.',
  WaitingForProfile: 'The P2PProfile of the artifacts does not exist or is disabled.',
  WaitingForAgents:
    'Nodes are selected whose agent is not connected yet, or too old for the job and about to be replaced.',
  NoNodesSelected: "No node of the profile matches the job's target.",
  Suspended: 'spec.suspend is true.',
  WaitingForStart: 'schedule.notBefore has not come.',
  OutsideWindow: 'The hours of schedule.windows are over or have not come.',
  Soaking: 'A wave is done and its soakSeconds are running.',
  Retrying: 'Failed nodes are about to try again.',
  FailureThresholdExceeded:
    'As many nodes have failed as rollout.failureThreshold says; with onThreshold Halt no further one begins.',
  ProgressDeadlineExceeded:
    'No node has got further for rollout.progressDeadlineSeconds; the job goes on all the same.',
  Completed: 'Every node has its files, or fewer have failed than rollout.failureThreshold says.',
  Current: 'Every node has its files, and nodes that join will get them (completionPolicy KeepCurrent).',
  WaitingForPaths: 'Other jobs are still writing the same paths on the nodes that are left.',
  PathConflict: 'Two artifacts of the job have the same file name.',
  WaitingForNodes: 'Every selected node is cordoned, not ready or gone from the profile.',
  NodesFailed: 'The job is over and at least one node failed.',
  ProfilesDiffer: 'The artifacts belong to different P2PProfiles.',
  DirectoryNotAllowed:
    "No root of the profile's delivery.allowedRoots admits the directory for this namespace.",
  NamespaceNotAllowed: "The profile's allowedNamespaces does not admit this namespace.",
} as const
export type DistributionJobReason = keyof typeof distributionJobReasons

/** Why a node cannot deliver: terminal for this node and job. */
export const nodeFailureReasons = {
  DigestMismatch: 'The SHA-256 of the whole file on the node is not the digest of the artifact.',
  DirectoryNotAllowed:
    'The directory lies under none of the roots that the agent was given, or a link leads out of it.',
  RootMissing: 'The root does not exist on the node.',
  TargetNotWritable: 'The agent may not write into the directory, or its file system is read-only.',
  InsufficientDisk: 'The file system of the cache or of the directory is full.',
  PathConflict: 'The path belongs to another job on this node, which brings another file there.',
  AgentTooOld: "The agent's release cannot do what the job asks, and is not about to be replaced.",
  NoProgress:
    'The node got nothing done for rollout.stallTimeoutSeconds although it could, or its agent was not connected.',
  InvalidDirectory: 'The directory is no absolute path, or something on its way is no directory.',
  StoreError: 'The cache of the node cannot be read or written.',
  Failed: 'The agent gives a reason that this operator does not know; the message says what happened.',
} as const
export type NodeFailureReason = keyof typeof nodeFailureReasons

/** Why a job goes on without a node, whether that had begun or not. */
const skipReasonsOfRows = {
  NodeGone: 'The Node has been deleted.',
  NodeLeft:
    'The Node left the profile before it was done: by its labels or taints, or because an older profile has it now.',
  NodeNotReady:
    'The Node has not been ready for a minute, and had not begun or its agent has not been connected for a minute.',
  NodeCordoned: 'The Node is cordoned, and had not begun or its agent has not been connected for a minute.',
} as const

/** Why a job goes on without a node. */
export const nodeSkipReasons = {
  ...skipReasonsOfRows,
  Replaced: 'A job that replaces this one (delivery.replaces) brings its files there.',
} as const
export type NodeSkipReason = keyof typeof nodeSkipReasons

/** Every reason of a NodeDistribution: of its status.reason and of its Ready condition. */
export const nodeDistributionReasons = {
  Waiting: 'The node has the work and has not begun.',
  WaitingForArtifact: 'No seeder has begun to read the file.',
  WaitingForPeers: 'No reachable peer holds a chunk that the node lacks.',
  Suspended: 'The job is suspended.',
  Retrying: 'The node failed and tries again.',
  Fetching: 'Chunks come in.',
  Verifying: 'The whole file is hashed and put under its name.',
  Delivered: 'Every file lies under its name and its digest is right.',
  ...nodeFailureReasons,
  ...skipReasonsOfRows,
} as const
export type NodeDistributionReason = keyof typeof nodeDistributionReasons

/**
 * Everything that objects of each kind may say of themselves, and how kstatus judges it: Current with the reasons of
 * `current`, Failed with those of `failed`, InProgress with all others.
 */
export const vocabulary = {
  P2PProfile: {
    types: ['Ready', 'Reconciling', 'Stalled'],
    reasons: p2pProfileReasons,
    current: ['AgentsReady', 'Disabled', 'NodeOverlap', 'RootMissing'],
    failed: ['NodeOverlap', 'AgentsMissing', 'SeederMissing'],
  },
  PatchArtifact: {
    types: ['Ready', 'Reconciling', 'Stalled'],
    reasons: patchArtifactReasons,
    current: ['Seeded'],
    failed: [
      'DigestMismatch',
      'SignatureInvalid',
      'SignatureUnreachable',
      'SizeMismatch',
      'OriginUnreachable',
      'SourceForbidden',
      'SecretInvalid',
      'OriginChanged',
      'OriginBudgetExhausted',
      'InsufficientDisk',
      'StoreError',
      'SeederMissing',
      'ChunkingNotReadable',
      'FirstUseNotReadable',
      'NamespaceNotAllowed',
    ],
  },
  DistributionJob: {
    types: ['Ready', 'Reconciling', 'Stalled', 'Complete', 'Failed', 'Suspended'],
    reasons: distributionJobReasons,
    current: ['Completed', 'Current'],
    failed: [
      'ArtifactFailed',
      'NoNodesSelected',
      'FailureThresholdExceeded',
      'ProgressDeadlineExceeded',
      'PathConflict',
      'NodesFailed',
      'ProfilesDiffer',
      'DirectoryNotAllowed',
      'NamespaceNotAllowed',
    ],
  },
  NodeDistribution: {
    types: ['Ready', 'Stalled'],
    reasons: nodeDistributionReasons,
    current: ['Delivered'],
    failed: [...Object.keys(nodeFailureReasons), ...Object.keys(skipReasonsOfRows)],
  },
} as const satisfies Record<string, Vocabulary>

export interface Vocabulary {
  readonly types: readonly ConditionType[]
  readonly reasons: Readonly<Record<string, string>>
  readonly current: readonly string[]
  readonly failed: readonly string[]
}

export type Kstatus = 'Current' | 'InProgress' | 'Failed'

/** How kstatus may judge an object that gives this reason: one word for nearly all. */
export function kstatusesOf({ current, failed }: Vocabulary, reason: string): Kstatus[] {
  const known: Kstatus[] = []
  if (current.includes(reason)) known.push('Current')
  if (failed.includes(reason)) known.push('Failed')
  return known.length > 0 ? known : ['InProgress']
}

/** Whether this is one of the words, and not what a newer or broken program has made up. */
export const isReasonOf = <W extends object>(words: W, reason: string): reason is keyof W & string =>
  Object.hasOwn(words, reason)
