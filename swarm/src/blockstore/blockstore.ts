// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Blockstore, InputPair, Pair } from 'interface-blockstore'
import type { CID } from 'multiformats/cid'
import { code as RAW_CODE } from 'multiformats/codecs/raw'
import { type Pace, unlimited } from '../limits/index.ts'
import { cidOf, dagOf, leafDigest } from '../manifest/index.ts'
import type { Store, StoredArtifact } from '../store/index.ts'

const SHA2_256 = 0x12

/** Blocks come in through the chunk protocol and leave with their artifact: nobody else puts or deletes one. */
export class ReadOnlyBlockstoreError extends Error {
  override name = 'ReadOnlyBlockstoreError'
}

/** The name that Helia and bitswap look for. */
class NotFoundError extends Error {
  override name = 'NotFoundError'
}

type Options = { signal?: AbortSignal }
type Source<T> = Iterable<T> | AsyncIterable<T>

/**
 * The store as Helia sees it: leaves are read from the artifacts' files in place, inner nodes are computed from the
 * manifests, so that nothing is stored twice. Blocks of artifacts that are not complete yet are there too.
 * @param upload when a leaf may be read: bitswap reads here what it sends
 */
export function createBlockstore(store: Store, upload: Pace = unlimited): Blockstore {
  return new StoreBlockstore(store, upload)
}

class StoreBlockstore implements Blockstore {
  readonly #store: Store
  readonly #upload: Pace
  readonly #inner = new WeakMap<StoredArtifact, Map<string, { cid: CID; bytes: Uint8Array }>>()

  constructor(store: Store, upload: Pace) {
    this.#store = store
    this.#upload = upload
  }

  has(cid: CID): boolean {
    return this.#innerBlock(cid) !== undefined || this.#leaf(cid) !== undefined
  }

  async *get(cid: CID, options?: Options): AsyncGenerator<Uint8Array> {
    yield await this.#read(cid, options)
  }

  async *getMany(source: Source<CID>, options?: Options): AsyncGenerator<Pair> {
    for await (const cid of source) yield { cid, bytes: this.get(cid, options) }
  }

  async *getAll(options?: Options): AsyncGenerator<Pair> {
    for (const artifact of this.#store.list()) {
      for (const { cid } of this.#innerBlocks(artifact).values()) yield { cid, bytes: this.get(cid, options) }
      for (const cid of leafCids(artifact)) yield { cid, bytes: this.get(cid, options) }
    }
  }

  put(cid: CID): Promise<CID> {
    return Promise.reject(readOnly(cid))
  }

  // biome-ignore lint/correctness/useYield: the interface wants a generator, and this one only refuses.
  async *putMany(source: Source<InputPair>): AsyncGenerator<CID> {
    for await (const { cid } of source) throw readOnly(cid)
  }

  delete(cid: CID): Promise<void> {
    return Promise.reject(readOnly(cid))
  }

  // biome-ignore lint/correctness/useYield: the interface wants a generator, and this one only refuses.
  async *deleteMany(source: Source<CID>): AsyncGenerator<CID> {
    for await (const cid of source) throw readOnly(cid)
  }

  async #read(cid: CID, options?: Options): Promise<Uint8Array> {
    const inner = this.#innerBlock(cid)
    if (inner !== undefined) return inner
    const leaf = this.#leaf(cid)
    if (leaf === undefined) throw new NotFoundError(`No artifact here holds ${cid}`)
    // Not counted as sent: bitswap reads a leaf also to tell somebody that it is here.
    leaf.artifact.touch(Date.now())
    await this.#upload.take(leaf.artifact.chunkLength(leaf.index))
    return leaf.artifact.readChunk(leaf.index, options?.signal)
  }

  #leaf(cid: CID): { artifact: StoredArtifact; index: number } | undefined {
    if (cid.multihash.code !== SHA2_256) return undefined
    for (const artifact of this.#store.list()) {
      const index = artifact.find(cid.multihash.digest).find((candidate) => artifact.has(candidate))
      if (index !== undefined) return { artifact, index }
    }
    return undefined
  }

  #innerBlock(cid: CID): Uint8Array | undefined {
    if (cid.code === RAW_CODE) return undefined
    for (const artifact of this.#store.list()) {
      const block = this.#innerBlocks(artifact).get(cid.toString())
      if (block !== undefined) return block.bytes
    }
    return undefined
  }

  /** Computed when a peer first asks for an inner node; a manifest never changes once it is there. */
  #innerBlocks(artifact: StoredArtifact): Map<string, { cid: CID; bytes: Uint8Array }> {
    const known = this.#inner.get(artifact)
    if (known !== undefined) return known
    if (artifact.manifest === undefined) return new Map()
    const blocks = new Map(dagOf(artifact.manifest).blocks.map((block) => [block.cid.toString(), block]))
    this.#inner.set(artifact, blocks)
    return blocks
  }
}

function* leafCids(artifact: StoredArtifact): Generator<CID> {
  if (artifact.manifest === undefined) return
  for (let index = 0; index < artifact.chunks; index++) {
    if (artifact.has(index)) yield cidOf(leafDigest(artifact.manifest, index).slice(), RAW_CODE)
  }
}

function readOnly(cid: CID): ReadOnlyBlockstoreError {
  return new ReadOnlyBlockstoreError(
    `${cid}: this blockstore is a view of the artifacts here and takes no block`,
  )
}
