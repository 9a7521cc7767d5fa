// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

// Runs in a Pod of the cluster, from a ConfigMap, on the agent image's Node: serves /SIZE/FREE/NAME, whose bytes follow from
// the name. Those beyond the first FREE only trickle until somebody asks for /release. At any other address it says how
// many bytes it has sent.
import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const PIECE = 64 * 1024
/** Less than a reader's patience. */
const TRICKLE_MS = 2000

const files = new Map<string, Buffer>()
const released = Promise.withResolvers<void>()
let sent = 0

function fileAt(size: number, name: string): Buffer {
  const known = files.get(name) ?? createHash('shake256', { outputLength: size }).update(name).digest()
  files.set(name, known)
  return known
}

async function send(
  response: ServerResponse,
  bytes: Buffer,
  range: { start: number; end: number },
  free: number,
) {
  for (let at = range.start; at < range.end && !response.destroyed; at += PIECE) {
    if (at >= free) await Promise.race([released.promise, sleep(TRICKLE_MS)])
    const piece = bytes.subarray(at, Math.min(at + PIECE, range.end))
    sent += piece.length
    if (!response.write(piece))
      await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
  }
  response.end()
}

createServer((request, response) => {
  if (request.url === '/release') released.resolve()
  const [, size, free, name] = /^\/(\d+)\/(\d+)\/(.+)$/.exec(request.url ?? '') ?? []
  if (name === undefined) return void response.end(String(sent))
  const bytes = fileAt(Number(size), name)
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const start = Number(from ?? 0)
  const end = to ? Math.min(Number(to) + 1, bytes.length) : bytes.length
  response.writeHead(from === undefined ? 200 : 206, {
    etag: `"${name}"`,
    'accept-ranges': 'bytes',
    'content-length': end - start,
    ...(from !== undefined && { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }),
  })
  if (request.method === 'HEAD') response.end()
  else void send(response, bytes, { start, end }, Number(free))
}).listen(8080)
process.once('SIGTERM', () => process.exit())
