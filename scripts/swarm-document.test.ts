// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { chunkHead, encode } from '../swarm/src/exchange/encode.ts'
import { FrameReader } from '../swarm/src/exchange/frame-reader.ts'
import {
  FrameType,
  leavesPerPart,
  type Message,
  mostChunks,
  mostFrameBytes,
  pieceBytes,
} from '../swarm/src/exchange/messages.ts'
import { largePieceBytes, largePieceCredit, leastCredit } from '../swarm/src/exchange/piece-size.ts'
import { encodeManifest } from '../swarm/src/manifest/encoding.ts'
import { encodePart } from '../swarm/src/manifest/signed-part.ts'
import { verifyMembership } from '../swarm/src/membership/index.ts'
import { defaultParameters } from '../swarm/src/policy/parameters.ts'
import { ArrivalLog } from '../swarm/src/store/arrival-log.ts'
import { IngestLog } from '../swarm/src/store/ingest-log.ts'
import { PartsLog } from '../swarm/src/store/parts-log.ts'
import { encodeState, NO_COUNTERS } from '../swarm/src/store/state-file.ts'
import { annotated, bytesOf, type Part } from './annotated.ts'
import {
  artifact,
  chunk,
  chunkSize,
  digests,
  file,
  frame,
  frames,
  issuedAt,
  member,
  membership,
  operator,
  part,
  payloadBytes,
} from './swarm-examples.ts'

/**
 * The bytes in docs/swarm.md are those that the programs write. After a change of the protocol
 * `npx vitest run --project unit scripts/swarm-document -u` writes them anew.
 */
const path = join(import.meta.dirname, '..', 'docs', 'swarm.md')
const text = readFileSync(path, 'utf8')

const piece = file.subarray(chunkSize)

const folder = mkdtempSync(join(tmpdir(), 'patchswarm-document-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function arrivals(): Promise<Buffer> {
  const { log } = await ArrivalLog.open(join(folder, 'arrivals'))
  await log.append([
    { index: 1, source: 'peers' },
    { index: 5, source: 'copy' },
  ])
  await log.close()
  return readFileSync(join(folder, 'arrivals'))
}

async function parts(): Promise<Buffer> {
  const { log } = await PartsLog.open(join(folder, 'parts'))
  await log.append({ part, membership })
  await log.close()
  return readFileSync(join(folder, 'parts'))
}

async function ingest(): Promise<Buffer> {
  const { log } = await IngestLog.open(join(folder, 'ingest'), { strategy: 'Fixed', size: chunkSize })
  await log.append(digests.subarray(0, 32))
  await log.close()
  return readFileSync(join(folder, 'ingest'))
}

const header = {
  cid: artifact.cid,
  counters: { ...NO_COUNTERS, bytesFromPeers: 16, chunksVerified: 1 },
  usedAt: issuedAt,
}
const state = encodeState({ ...header, bitmap: Uint8Array.of(0b01) })
const headerBytes = JSON.stringify(header).length
const checksum: Part = [32, 'SHA-256 of all before it']

/** Every block of bytes in the document. */
async function blocks(): Promise<Map<string, string>> {
  return new Map([
    ...frames.map(([name, message, parts]) => [name, annotated(encode(message), parts)] as const),
    [
      'CHUNK',
      annotated(
        Buffer.concat([chunkHead(1, 0, piece.length), piece]),
        frame('CHUNK', chunk, [4, 'from byte 0 of the chunk on'], [undefined, 'bytes of the chunk']),
      ),
    ],
    [
      'SignedMembership',
      annotated(membership, [
        [2, `payload: ${payloadBytes} bytes`],
        [payloadBytes, 'Membership'],
        [2, 'signature: 64 bytes'],
        [64, 'Ed25519 of "patchswarm-membership-v1:" and payload'],
      ]),
    ],
    [
      'manifest',
      annotated(encodeManifest(artifact), [
        [8, 'PSMANIF1'],
        [8, 'size of the file: 20'],
        [4, 'chunk size: 16'],
        [32, 'SHA-256 of chunk 0'],
        [32, 'SHA-256 of chunk 1'],
        checksum,
      ]),
    ],
    [
      'state',
      annotated(state, [
        [8, 'PSSTATE1'],
        [4, `header: ${headerBytes} bytes`],
        [headerBytes, 'JSON: {"cid": …, "counters": {…}, "usedAt": …}'],
        [1, 'bitmap: holds chunk 0'],
        checksum,
      ]),
    ],
    [
      'arrivals',
      annotated(await arrivals(), [
        [4, 'chunk 1'],
        [1, 'from: peers'],
        [3, 'not used'],
        [4, 'chunk 5'],
        [1, 'from: a copy of another offset with the same digest'],
        [3, 'not used'],
      ]),
    ],
    [
      'parts',
      annotated(await parts(), [
        [1, 'kind: signer'],
        [3, 'not used'],
        [4, `${1 + member.peerId.length + membership.length} bytes`],
        [1, `peer ID: ${member.peerId.length} bytes`],
        [member.peerId.length, member.peerId],
        [membership.length, 'SignedMembership'],
        [8, 'the first 8 bytes of the SHA-256 of these'],
        [1, 'kind: part'],
        [3, 'not used'],
        [4, `${encodePart(part).length} bytes`],
        [encodePart(part).length, 'as in PART'],
        [8, 'the first 8 bytes of the SHA-256 of these'],
      ]),
    ],
    [
      'ingest',
      annotated(await ingest(), [
        [4, 'chunk size: 16'],
        [4, 'cut at this size, not by content'],
        [32, 'SHA-256 of chunk 0'],
      ]),
    ],
  ])
}

const block = /^```bytes (.+)\n([^`]*?)\n?```$/gm
const shown = new Map([...text.matchAll(block)].map(([, name = '', content = '']) => [name, content]))

describe('docs/swarm.md', () => {
  test('shows the bytes that the programs write, and no others', async () => {
    const made = await blocks()
    expect([...shown.keys()].toSorted()).toEqual([...made.keys()].toSorted())
    const now = text.replace(block, (_, name) => `\`\`\`bytes ${name}\n${made.get(name)}\n\`\`\``)
    await expect(now).toMatchFileSnapshot(path)
  })

  test('has an example of every frame', () => {
    const types = frames.map(([, message]) => encode(message).readUInt8(4))
    expect(new Set([...types, FrameType.Chunk])).toEqual(new Set(Object.values(FrameType)))
  })

  test.for(frames)('%s as shown is read back', ([name, message]) => {
    const read: Message[] = []
    const reader = new FrameReader({
      message: (one) => read.push(one),
      pieceBegins: () => expect.fail('no piece'),
      pieceEnds: () => {},
    })
    reader.push(bytesOf(shown.get(name) ?? ''))
    expect(read).toEqual([
      { ...message, ...('digests' in message && { digests: Uint8Array.from(message.digests) }) },
    ])
  })

  test('CHUNK as shown is read back', () => {
    const target = Buffer.alloc(piece.length)
    const begun: number[][] = []
    const reader = new FrameReader({
      message: () => expect.fail('no message'),
      pieceBegins: (...place) => {
        begun.push(place)
        return target
      },
      pieceEnds: () => {},
    })
    reader.push(bytesOf(shown.get('CHUNK') ?? ''))
    expect(begun).toEqual([[1, 0, piece.length]])
    expect(target).toEqual(piece)
  })

  test('the membership as shown holds for its bearer, on its day', () => {
    const checked = verifyMembership(bytesOf(shown.get('SignedMembership') ?? ''), {
      operatorPeerIds: [operator.peerId],
      connectionPeerId: member.peerId,
      now: issuedAt + 1,
    })
    expect(checked).toMatchObject({ node: 'n1', profile: 'default', roles: ['agent'] })
  })

  test('numbers every type of frame as the code does', () => {
    const rows = [...text.matchAll(/^\| (\d+) \| \[?`([A-Z_]+)`/gm)].map(([, number, name = '']) => [
      name.replaceAll('_', '').toLowerCase(),
      Number(number),
    ])
    const types = Object.entries(FrameType).map(([name, number]) => [name.toLowerCase(), number])
    expect(rows).toEqual(types)
  })

  test.for(Object.entries(defaultParameters))('gives the parameter %s its value', ([name, value]) => {
    expect(text).toMatch(new RegExp(`^\\| \`${name}\` \\|[^|]*\\| ${value}( ms)? \\|`, 'm'))
  })

  test.for([
    ['a frame', `${mostFrameBytes / 1024} KiB`],
    ['digests of a MANIFEST', leavesPerPart.toLocaleString('en')],
    ['chunks of an artifact', mostChunks.toLocaleString('en')],
    ['a piece that is sent', `${pieceBytes / 1024} KiB`],
    ['credit that a piece is sent on', `${leastCredit / 1024} KiB`],
    [
      `a piece that is sent where the stream lets ${largePieceCredit / 1024} KiB go at once`,
      `${largePieceBytes / 1024} KiB`,
    ],
    ['a piece that is taken', `${(16 * pieceBytes) / 1024} KiB`],
  ])('gives the limit of %s', ([what, value]) => {
    expect(text).toMatch(new RegExp(`^\\| ${what}[^|]*\\| ${value}[ ,|]`, 'm'))
  })
})
