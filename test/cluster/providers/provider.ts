// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
/** Where the story is played: a way to a cluster. */
export interface Provider {
  readonly name: string
  /** Why it cannot be done here, as a sentence for whoever reads the list of skipped tests. */
  obstacle(): Promise<string | undefined>
  start(): Promise<TestCluster>
}

export interface TestCluster {
  readonly versions: Versions
  /** Runs kubectl as an admin and gives what it prints. */
  kubectl(args: readonly string[], input?: string): Promise<string>
  helm(args: readonly string[]): Promise<string>
  /** Runs lines as an admin types them into bash, with kubectl. */
  shell(script: string): Promise<string>
  /** Brings one more node up and waits until it is ready; undefined where the story cannot have one. */
  addNode?(): Promise<string>
  /** Takes a node's power away. */
  powerOff?(node: string): Promise<void>
  /** What the API server wrote about requests of our ServiceAccounts; undefined where nobody knows. */
  auditLog?(): Promise<string>
  /** Ends what `start` began. */
  stop(): Promise<void>
}

/** Two versions of the product, whose images the nodes have or can pull: REGISTRY/operator:TAG and REGISTRY/agent:TAG. */
export interface Versions {
  registry: string
  pullPolicy: 'Never' | 'IfNotPresent'
  previous: Version
  next: Version
}

export interface Version {
  /** The repository as it was. */
  tree: string
  tag: string
}
