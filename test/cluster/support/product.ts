// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DistributionJob, operatorNamespace, type P2PProfile } from '@patchswarm/api'
import type { TestCluster, Version } from '../providers/provider.ts'
import type { Rule } from './audit.ts'

const RELEASE = 'patchswarm'

export interface Pod {
  metadata: { name: string; labels?: Record<string, string> }
  spec: { nodeName?: string; containers: { image: string }[] }
  status: { phase?: string }
}

/** The product in a cluster, as an administrator handles it: with helm and kubectl. */
export class Product {
  readonly #cluster: TestCluster

  constructor(cluster: TestCluster) {
    this.#cluster = cluster
  }

  install = (version: Version) => this.#release('install', version, '--create-namespace')
  upgrade = (version: Version) => this.#release('upgrade', version)
  selfTest = () => this.#cluster.helm(['test', RELEASE, '-n', operatorNamespace, '--timeout', '60s'])
  uninstall = () =>
    this.#cluster.helm(['uninstall', RELEASE, '-n', operatorNamespace, '--wait', '--timeout', '120s'])

  kubectl(...args: string[]): Promise<string> {
    return this.#cluster.kubectl(['-n', operatorNamespace, ...args])
  }

  apply(object: object): Promise<string> {
    return this.#cluster.kubectl(['apply', '-f', '-'], JSON.stringify(object))
  }

  completed(job: string): Promise<string> {
    return this.kubectl('wait', `distributionjob/${job}`, '--for=condition=Complete', '--timeout=120s')
  }

  rolledOut(workload: string): Promise<string> {
    return this.kubectl('rollout', 'status', workload, '--timeout=120s')
  }

  async job(name: string): Promise<DistributionJob> {
    return JSON.parse(await this.kubectl('get', 'distributionjob', name, '-o', 'json')) as DistributionJob
  }

  async profile(name: string): Promise<P2PProfile> {
    return JSON.parse(await this.kubectl('get', 'p2pprofile', name, '-o', 'json')) as P2PProfile
  }

  async pods(selector: string): Promise<Pod[]> {
    const list = await this.kubectl('get', 'pods', '-l', selector, '-o', 'json')
    return (JSON.parse(list) as { items: Pod[] }).items
  }

  /** The operator's peer IDs as agents and seeders know them; more than one where they differ or its key is being changed. */
  async pinnedKeys(): Promise<string[]> {
    const value = '.spec.containers[*].env[?(@.name=="PATCHSWARM_TRACKER_PEER_ID")].value'
    const found = ['-l', 'patchswarm.dev/role', '-o', `jsonpath={.items[*]${value}}`]
    const keys = await this.kubectl('get', 'pods', ...found)
    return [...new Set(keys.split(/[ ,]/))]
  }

  /** What the operator's ServiceAccount may do, of the cluster and in its namespace. */
  async rules(): Promise<Rule[]> {
    const names = ['clusterrole/patchswarm-operator', 'role/patchswarm-operator']
    const { items } = JSON.parse(await this.kubectl('get', ...names, '-o', 'json')) as {
      items: { rules: Rule[] }[]
    }
    return items.flatMap(({ rules }) => rules)
  }

  async nodes(): Promise<string[]> {
    const names = await this.kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}')
    return names.split(' ').toSorted()
  }

  #release(verb: string, { tree, tag }: Version, ...more: string[]): Promise<string> {
    const { registry, pullPolicy } = this.#cluster.versions
    const values = { 'image.registry': registry, 'image.tag': tag, 'image.pullPolicy': pullPolicy }
    const set = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`])
    const chart = join(tree, 'charts', 'patchswarm')
    const wait = ['--wait', '--timeout', '120s']
    return this.#cluster.helm([verb, RELEASE, chart, '-n', operatorNamespace, ...more, ...set, ...wait])
  }
}

/** Asks until the answer is yes; the message says what was seen last. */
export async function until<T>(
  ask: () => Promise<T>,
  enough: (seen: T) => boolean,
  what: string,
): Promise<T> {
  const deadline = Date.now() + 90_000
  for (;;) {
    const seen = await ask()
    if (enough(seen)) return seen
    if (Date.now() > deadline)
      throw new Error(`not ${what} after 90 s: ${JSON.stringify(seen, undefined, 1)}`)
    await sleep(300)
  }
}
