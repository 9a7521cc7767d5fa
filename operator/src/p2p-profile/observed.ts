// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import type { DaemonSet, KubeObject, Node, StatefulSet } from '@patchswarm/kube'
import type { Down } from './down.ts'
import type { SeederDown } from './seeder.ts'
import type { Settings } from './settings.ts'
import type { Rival } from './territory.ts'

/** A client of the tracker that belongs to the profile. */
export interface ClientView {
  readonly role: 'agent' | 'seeder'
  readonly node: string
  /** It has said that its cache is empty. */
  readonly wiped: boolean
  readonly version: string
  /** Allowed roots that its node has not. */
  readonly rootsMissing: readonly string[]
  /** Undefined before its first report. */
  readonly cache: { readonly usedBytes: number; readonly refusal: string } | undefined
}

/** All that one decision about a profile rests on. */
export interface Observed {
  profile: P2PProfile
  settings: Settings
  nodes: readonly Node[]
  /** Older profiles that have nodes which this one matches, too. */
  rivals: readonly Rival[]
  /** What the profile has in the cluster now. */
  children: readonly KubeObject[]
  daemonSet: DaemonSet | undefined
  statefulSet: StatefulSet | undefined
  clients: readonly ClientView[]
  /** Nodes that should run an agent and have none that is ready and connected. */
  down: readonly Down[]
  /** Since when, in milliseconds, by name of the node. */
  downSince: ReadonlyMap<string, number>
  /** Why the seeder is not ready and connected. */
  seeder: SeederDown | undefined
  /** In milliseconds. */
  seederDownSince: number | undefined
  /** Since when agents have been told to empty their caches, in milliseconds. */
  cleaningSince: number | undefined
  now: Date
}

/** Nodes that a list of the status names. */
export const mostNamed = 20
