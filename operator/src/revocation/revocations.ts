// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { revokedNodesConfigMap } from '@patchswarm/api'
import { type Client, CONFIG_MAP, type ConfigMap, type Informer, isNotFound } from '@patchswarm/kube'
import { clockSkewMs, type RevokedNodes } from '@patchswarm/swarm/membership'
import { membershipMs } from '../tracker/membership.ts'
import { type Entry, entryFrom, isOver, superfluous, textOf } from './entry.ts'

/** A ConfigMap holds 1 MiB; an entry of a long name and some peers has 450 bytes. */
const mostEntries = 2000

export interface RevocationsOptions {
  client: Client
  /** Of the one ConfigMap. */
  cache: Informer<ConfigMap>
  namespace: string
  now: () => number
}

/**
 * The nodes whose memberships are void. They stand in a ConfigMap: every leader knows them, and a person may write there too.
 * Written by one leader, one change after the other.
 */
export class Revocations {
  readonly #options: RevocationsOptions
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: RevocationsOptions) {
    this.#options = options
  }

  /** By name of the node; those that have run out are left out. */
  entries(): Map<string, Entry> {
    const now = this.#options.now()
    return new Map([...this.#all()].filter(([, entry]) => !isOver(entry, now)))
  }

  get(node: string): Entry | undefined {
    const text = this.#configMap()?.data?.[node]
    const entry = text === undefined ? undefined : entryFrom(text)
    return entry && isOver(entry, this.#options.now()) ? undefined : entry
  }

  /** As agents are told. */
  nodes(): RevokedNodes {
    return new Map([...this.entries()].map(([node, { peers }]) => [node, new Set(peers)]))
  }

  /**
   * From now on nobody is this node any more but `peers`, until all memberships of today have run out. What a person has
   * written stays as it is.
   */
  revoke(node: string, why: string, peers: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const { now } = this.#options
      const known = this.get(node)
      if (known && known.until === undefined) return
      const entry = { why, until: now() + membershipMs + clockSkewMs, peers }
      const out = superfluous(this.#all(), mostEntries, now()).map((name) => [name, null])
      await this.#write({ ...Object.fromEntries(out), [node]: textOf(entry) })
    })
  }

  /** The peer has proven that it is the node. */
  readmit(node: string, peerId: string): Promise<void> {
    return this.#inTurn(async () => {
      const entry = this.get(node)
      if (entry?.until === undefined || entry.peers.includes(peerId)) return
      await this.#write({ [node]: textOf({ ...entry, peers: [...entry.peers, peerId] }) })
    })
  }

  /** Takes out what has run out. @returns milliseconds until something else does, if ever */
  async tidy(): Promise<number | undefined> {
    const now = this.#options.now()
    const over = [...this.#all()].filter(([, entry]) => isOver(entry, now)).map(([node]) => [node, null])
    if (over.length > 0) await this.#inTurn(() => this.#write(Object.fromEntries(over)))
    const ends = [...this.entries().values()].flatMap(({ until }) => until ?? [])
    return ends.length > 0 ? Math.min(...ends) - now : undefined
  }

  #all(): Map<string, Entry> {
    return new Map(
      Object.entries(this.#configMap()?.data ?? {}).map(([node, text]) => [node, entryFrom(text)]),
    )
  }

  #configMap(): ConfigMap | undefined {
    return this.#options.cache.get(revokedNodesConfigMap, this.#options.namespace)
  }

  async #write(data: Record<string, string | null>): Promise<void> {
    const { client, cache, namespace } = this.#options
    const configMaps = client.for(CONFIG_MAP)
    try {
      cache.observe(await configMaps.patch(revokedNodesConfigMap, namespace, { data }))
    } catch (error) {
      if (!isNotFound(error)) throw error
      const present = Object.entries(data).filter((one): one is [string, string] => one[1] !== null)
      const metadata = { name: revokedNodesConfigMap, namespace }
      cache.observe(await configMaps.create({ metadata, data: Object.fromEntries(present) }))
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work)
    this.#turn = done.catch(() => undefined)
    return done
  }
}
