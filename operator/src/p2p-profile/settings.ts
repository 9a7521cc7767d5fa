// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** What the operator's own configuration adds to the objects that it makes for a profile. */
export interface Settings {
  /** Namespace of the operator, its agents and its seeders. */
  namespace: string
  agentImage: string
  agentPullPolicy: 'Always' | 'IfNotPresent' | 'Never'
  /** Names of Secrets with the registry's login. */
  agentPullSecrets: readonly string[]
  agentPriorityClass: string | undefined
  /** host:port[,host:port] that agents connect to. */
  trackerAddress: string
  /** The pinned peer ID of the tracker, several with commas between: agents send their token to nobody else. */
  trackerPeerId: string
  logLevel: string
}
