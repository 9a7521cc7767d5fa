// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

type Bencodable =
  | number
  | string
  | Uint8Array
  | readonly Bencodable[]
  | { readonly [key: string]: Bencodable }

/** What a BitTorrent tracker and a .torrent file are written in. */
export function bencode(value: Bencodable): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`)
  if (typeof value === 'string') return bencode(Buffer.from(value))
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.from(`${value.length}:`), value])
  if (isList(value)) return Buffer.concat([Buffer.from('l'), ...value.map(bencode), Buffer.from('e')])
  const entries = Object.keys(value).toSorted()
  const parts = entries.flatMap((key) => [bencode(key), bencode(value[key] ?? '')])
  return Buffer.concat([Buffer.from('d'), ...parts, Buffer.from('e')])
}

// Array.isArray does not narrow readonly arrays.
const isList = (value: object): value is readonly Bencodable[] => Array.isArray(value)

/** A .torrent of one file, version 1. */
export async function makeTorrent(
  path: string,
  name: string,
  pieceBytes: number,
  announce: string,
): Promise<Buffer> {
  await using file = await open(path)
  const { size } = await file.stat()
  const pieces: Buffer[] = []
  const piece = Buffer.alloc(pieceBytes)
  for (let at = 0; at < size; at += pieceBytes) {
    const { bytesRead } = await file.read(piece, 0, Math.min(pieceBytes, size - at), at)
    pieces.push(createHash('sha1').update(piece.subarray(0, bytesRead)).digest())
  }
  const info = { length: size, name, 'piece length': pieceBytes, pieces: Buffer.concat(pieces) }
  return bencode({ announce, info })
}
