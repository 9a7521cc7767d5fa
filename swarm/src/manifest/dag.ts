// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { encode, code as PB_CODE, type PBLink, prepare } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import { code as RAW_CODE } from 'multiformats/codecs/raw'
import { create as multihash } from 'multiformats/hashes/digest'
import { DIGEST_BYTES } from './digest.ts'
import { leafLength } from './layout.ts'
import type { Manifest } from './types.ts'

/** What the DAG follows from: a manifest without its CID. */
export type ManifestParts = Omit<Manifest, 'cid'>

/** The part of a file's DAG that is not file content. */
export interface Dag {
  readonly root: CID
  /** Inner nodes, children before parents; empty when the file is a single leaf, which then is the root itself. */
  readonly blocks: readonly { readonly cid: CID; readonly bytes: Uint8Array }[]
}

/** The width of a node that Kubo is asked for with `--max-file-links=1024`. */
const LINKS_PER_NODE = 1024
const SHA2_256 = 0x12

interface Subtree {
  readonly cid: CID
  /** File bytes below it. */
  readonly fileSize: number
  /** Encoded bytes of the whole subtree, as dag-pb links state it. */
  readonly treeSize: number
}

/** CIDv1 of the block with this SHA-256. */
export function cidOf(digest: Uint8Array, codec: number): CID {
  return CID.createV1(codec, multihash(SHA2_256, digest))
}

/** Builds the UnixFS DAG (balanced, raw leaves, 1024 links a node) from leaf digests and sizes alone. */
export function dagOf(manifest: ManifestParts): Dag {
  const blocks: { cid: CID; bytes: Uint8Array }[] = []
  let level = leavesOf(manifest)
  while (level.length > 1) {
    level = groups(level).map((children) => {
      const node = encodeNode(children)
      blocks.push({ cid: node.cid, bytes: node.bytes })
      return node
    })
  }
  const [root] = level
  if (root === undefined) throw new TypeError('A DAG needs at least one leaf')
  return { root: root.cid, blocks }
}

function leavesOf(manifest: ManifestParts): Subtree[] {
  const { digests } = manifest
  return Array.from({ length: digests.length / DIGEST_BYTES }, (_, index) => {
    // A copy, so that a CID that lives long does not hold the whole list.
    const digest = digests.slice(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)
    const length = leafLength(manifest, index)
    return { cid: cidOf(digest, RAW_CODE), fileSize: length, treeSize: length }
  })
}

function groups<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / LINKS_PER_NODE) }, (_, group) =>
    items.slice(group * LINKS_PER_NODE, (group + 1) * LINKS_PER_NODE),
  )
}

function encodeNode(children: readonly Subtree[]): Subtree & { bytes: Uint8Array } {
  const file = new UnixFS({ type: 'file', blockSizes: children.map((child) => BigInt(child.fileSize)) })
  const links: PBLink[] = children.map((child) => ({ Name: '', Tsize: child.treeSize, Hash: child.cid }))
  const bytes = encode(prepare({ Data: file.marshal(), Links: links }))
  return {
    cid: cidOf(createHash('sha256').update(bytes).digest(), PB_CODE),
    bytes,
    fileSize: sum(children, (child) => child.fileSize),
    treeSize: bytes.length + sum(children, (child) => child.treeSize),
  }
}

function sum(children: readonly Subtree[], of: (child: Subtree) => number): number {
  return children.reduce((total, child) => total + of(child), 0)
}
