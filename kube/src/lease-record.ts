// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { LEASE, type Lease, type LeaseSpec } from './builtin.ts'
import type { Clock } from './clock.ts'
import { isNotFound } from './kube-error.ts'
import { epochOf, type Sighting, sight } from './lease.ts'
import { collectionPath, objectPath } from './paths.ts'
import type { Client } from './types.ts'

/** What the Lease says about the leader, as last seen. */
export interface ObservedLeader {
  identity: string
  epoch: number
  annotations: Readonly<Record<string, string>>
}

/** A lease that we hold. */
export interface Term {
  lease: Lease
  /** Clock.now() when the last successful renewal was *sent*: the others count from later. */
  renewedAt: number
}

export interface LeaseRecordParts {
  readonly client: Client
  readonly namespace: string
  readonly name: string
  /** Written beside the holder. */
  readonly annotations?: Readonly<Record<string, string>>
  readonly clock: Clock
}

/** The Lease in the API, and when we saw it last. */
export class LeaseRecord {
  readonly #parts: LeaseRecordParts
  #sighting: Sighting | undefined

  constructor(parts: LeaseRecordParts) {
    this.#parts = parts
  }

  /** Undefined while nobody holds it, as far as we have seen. */
  get leader(): ObservedLeader | undefined {
    const lease = this.#sighting?.lease
    const identity = lease?.spec?.holderIdentity
    if (!lease || !identity) return undefined
    return { identity, epoch: epochOf(lease.spec), annotations: lease.metadata.annotations ?? {} }
  }

  /** Undefined when there is none. */
  async read(signal: AbortSignal): Promise<Sighting | undefined> {
    const { client, namespace, name } = this.#parts
    try {
      return this.#see(await client.for(LEASE).get(name, namespace, signal))
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Only over the version that we know: two candidates never both succeed. */
  async write(known: Lease | undefined, spec: LeaseSpec, signal: AbortSignal): Promise<Term> {
    const { client, namespace, name, annotations, clock } = this.#parts
    const body: Lease = {
      apiVersion: LEASE.apiVersion,
      kind: LEASE.kind,
      metadata: {
        ...(known?.metadata ?? { name, namespace }),
        ...(annotations && { annotations: { ...known?.metadata.annotations, ...annotations } }),
      },
      spec,
    }
    const renewedAt = clock.now()
    const lease = known
      ? await client.request<Lease>('PUT', objectPath(LEASE, name, namespace), body, { signal })
      : await client.request<Lease>('POST', collectionPath(LEASE, namespace), body, { signal })
    this.#see(lease)
    return { lease, renewedAt }
  }

  #see(lease: Lease): Sighting {
    this.#sighting = sight(this.#sighting, lease, this.#parts.clock.now())
    return this.#sighting
  }
}
