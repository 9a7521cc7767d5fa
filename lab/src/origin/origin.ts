// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { once } from 'node:events'
import { type FileHandle, open } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'
import { type ByteRange, parseRange } from './range.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

export interface OriginOptions {
  /** The file to serve. */
  file: string
  /** Its last path segment in the URL. */
  fileName: string
  /** Strong ETag without quotes; the digest of the file serves well. */
  etag: string
  address: string
  /** For all requests together; unlimited when left out. */
  bytesPerSecond?: number
}

/** A web server that has one file, counts what it sends and misbehaves on demand. */
export interface Origin {
  readonly url: string
  /** Payload bytes given to the network and requests taken since the start. */
  readonly counters: Readonly<{ bytes: number; requests: number }>
  /** What it was asked for with GET, in order: bytes [start, end). */
  readonly asked: readonly { readonly start: number; readonly end: number }[]
  /** From the next request on; undefined ends it. */
  fault: Fault | undefined
  /** Bytes of the file from here on are not sent while it is set: answers wait. */
  heldAt: number | undefined
  stop(): Promise<void>
}

const PIECE = 64 * 1024
const HELD_LOOK_MS = 20

export async function startOrigin(options: OriginOptions): Promise<Origin> {
  const file = await open(options.file)
  const { size } = await file.stat()
  const counters = { bytes: 0, requests: 0 }
  const bucket = options.bytesPerSecond
    ? createTokenBucket(options.bytesPerSecond, Math.max(PIECE, options.bytesPerSecond / 20))
    : undefined
  const state: Serving = {
    options,
    file,
    size,
    counters,
    asked: [],
    bucket,
    fault: undefined,
    heldAt: undefined,
  }
  const server = createServer((request, response) => {
    // A client that goes away in the middle is not an error of the origin.
    void answer(state, request, response).catch(() => response.destroy())
  })
  server.listen(0, options.address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${options.address}:${port}/${encodeURIComponent(options.fileName)}`,
    counters,
    asked: state.asked,
    get fault() {
      return state.fault
    },
    set fault(fault) {
      state.fault = fault
    },
    get heldAt() {
      return state.heldAt
    },
    set heldAt(offset) {
      state.heldAt = offset
    },
    stop: () => close(server, file),
  }
}

interface Serving {
  options: OriginOptions
  file: FileHandle
  size: number
  counters: { bytes: number; requests: number }
  asked: { start: number; end: number }[]
  bucket: TokenBucket | undefined
  fault: Fault | undefined
  heldAt: number | undefined
}

async function answer(state: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  state.counters.requests++
  const { fault, options } = state
  if (fault?.kind === 'hang') return
  const refusal = refuse(request, options, fault)
  if (refusal !== undefined) return void response.writeHead(refusal).end()

  const size = state.size + (fault?.kind === 'other-size' ? fault.extraBytes : 0)
  const etag = `"${options.etag}${fault?.kind === 'changing-etag' ? `-${state.counters.requests}` : ''}"`
  const ifMatch = request.headers['if-match']
  if (ifMatch !== undefined && ifMatch !== etag) return void response.writeHead(412).end()
  const ifRange = request.headers['if-range']
  const range =
    ifRange === undefined || ifRange === etag ? parseRange(request.headers.range, size) : undefined
  if (range === 'unsatisfiable') {
    return void response.writeHead(416, { 'content-range': `bytes */${size}` }).end()
  }
  const { start, end } = range ?? { start: 0, end: size }
  if (request.method === 'GET') state.asked.push({ start, end })
  response.writeHead(range ? 206 : 200, {
    etag,
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'content-length': end - start,
    ...(range && { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
  })
  if (request.method === 'HEAD') return void response.end()
  await send(state, { start, end }, response)
}

function refuse(request: IncomingMessage, { fileName }: OriginOptions, fault?: Fault): number | undefined {
  if (fault?.kind === 'status') return fault.status
  if (request.url !== `/${encodeURIComponent(fileName)}`) return 404
  return request.method === 'GET' || request.method === 'HEAD' ? undefined : 405
}

async function send(state: Serving, range: ByteRange, response: ServerResponse): Promise<void> {
  const end = lastByte(range, state.fault)
  for (let at = range.start; at < end; at += PIECE) {
    const piece = Buffer.alloc(Math.min(PIECE, end - at))
    // What lies beyond the end of the file stays zero.
    await state.file.read(piece, 0, piece.length, at)
    while (at + piece.length > (state.heldAt ?? Infinity) && !response.destroyed) await sleep(HELD_LOOK_MS)
    await write(state, piece, response)
  }
  if (end === range.end) response.end()
  else if (state.fault?.kind === 'reset-half-way') response.socket?.resetAndDestroy()
  else response.destroy()
}

function lastByte({ start, end }: ByteRange, fault: Fault | undefined): number {
  if (fault?.kind.endsWith('half-way')) return start + Math.floor((end - start) / 2)
  return fault?.kind === 'wrong-length' ? Math.max(start, end + fault.extraBytes) : end
}

async function write(state: Serving, bytes: Buffer, response: ServerResponse): Promise<void> {
  const waitMs = state.bucket?.take(bytes.length, performance.now()) ?? 0
  if (waitMs > 1) await sleep(waitMs)
  if (response.destroyed) throw new Error('the client has gone')
  const count = (error?: Error | null) => {
    if (!error) state.counters.bytes += bytes.length
  }
  if (!response.write(bytes, count)) await untilWritable(response)
}

/** Until the client has read what was sent, or is gone. */
async function untilWritable(response: ServerResponse): Promise<void> {
  const settled = new AbortController()
  try {
    await Promise.race(['drain', 'close'].map((event) => once(response, event, { signal: settled.signal })))
  } finally {
    settled.abort()
  }
}

async function close(server: Server, file: FileHandle): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  await file.close()
}
