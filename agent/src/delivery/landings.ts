// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { InsufficientDiskError, type Landing } from '@patchswarm/swarm/delivery'

/** The file system that the cache is on. */
export interface CacheDevice {
  readonly device: number
  /** A copy within it takes no room of its own. */
  readonly sharesExtents: boolean
}

interface Reserved {
  /** Of the artifact. */
  readonly key: string
  readonly device: number
  readonly bytes: number
  written: number
}

/**
 * The room that deliveries of this node still need, by file system. On another file system than the cache's it is asked
 * for here; on that one the keeper of the cache reckons with both, what is fetched and what is delivered.
 */
export class Landings {
  readonly #cache: CacheDevice
  readonly #reserved = new Map<string, Reserved>()

  constructor(cache: CacheDevice) {
    this.#cache = cache
  }

  /** @throws InsufficientDiskError when what others have reserved leaves too little */
  reserve(id: string, key: string, { path, device, freeBytes, needs }: Landing, alwaysCopies = false): void {
    const onCache = device === this.#cache.device
    const bytes = onCache && this.#cache.sharesExtents && !alwaysCopies ? 0 : needs
    const others = [...this.#reserved].filter(([other, one]) => other !== id && one.device === device)
    const taken = others.reduce((sum, [, one]) => sum + leftOf(one), 0)
    if (!onCache && bytes > freeBytes - taken) throw tooLittle(path, bytes, freeBytes, taken)
    this.#reserved.set(id, { key, device, bytes, written: 0 })
  }

  /** So much of it stands on the disk already. */
  written(id: string, bytes: number): void {
    const one = this.#reserved.get(id)
    if (one) one.written = bytes
  }

  release(id: string): void {
    this.#reserved.delete(id)
  }

  /** Bytes that deliveries will still write on the file system of the cache, by artifact. */
  besideCache(): ReadonlyMap<string, number> {
    const byKey = new Map<string, number>()
    for (const one of this.#reserved.values()) {
      if (one.device !== this.#cache.device) continue
      byKey.set(one.key, (byKey.get(one.key) ?? 0) + leftOf(one))
    }
    return byKey
  }
}

const leftOf = ({ bytes, written }: Reserved): number => Math.max(0, bytes - written)

function tooLittle(path: string, bytes: number, free: number, taken: number): InsufficientDiskError {
  const others = taken > 0 ? `, of which other deliveries will take ${taken}` : ''
  return new InsufficientDiskError(
    `${path} needs ${bytes} bytes and its file system has ${free} free${others}: free some space`,
  )
}
