// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { constants } from 'node:fs'
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { SourceError } from './errors.ts'
import type { OriginRequest, OriginResponse } from './http.ts'

/**
 * A file of the import folder that answers as a web server would, so that it is read, resumed and pinned to its version
 * like any other source. Only regular files that lie below the folder, whatever links lead to.
 */
export class FileOrigin {
  readonly #directory: string | undefined

  /** @param directory the import folder; undefined where there is none */
  constructor(directory: string | undefined) {
    this.#directory = directory
  }

  /** The body must be read to its end or destroyed. @throws SourceError when the file may not or can not be read */
  async send({ method, url, headers = {} }: OriginRequest): Promise<OriginResponse> {
    const file = await this.#open(url)
    try {
      const { size, ino, mtimeNs } = await file.stat({ bigint: true })
      const etag = `"${ino}-${size}-${mtimeNs}"`
      const ifMatch = headers['if-match']
      if (ifMatch !== undefined && ifMatch !== etag) return await end(file, 412, {})
      if (method === 'HEAD') return await end(file, 200, { etag, 'content-length': String(size) })
      return await answer(file, Number(size), etag, headers.range)
    } catch (error) {
      await file.close().catch(() => {})
      throw error
    }
  }

  async close(): Promise<void> {}

  async #open(url: string): Promise<FileHandle> {
    if (this.#directory === undefined) {
      throw new SourceError('SourceForbidden', `${url}: this reader has no import folder`, false, {
        refused: true,
      })
    }
    const path = decodeURIComponent(new URL(url).pathname).replace(/^\/import\//, '')
    const flags = constants.O_RDONLY | constants.O_NONBLOCK
    const file = await open(join(this.#directory, path), flags).catch((cause: NodeJS.ErrnoException) => {
      throw new SourceError('OriginUnreachable', `${url}: ${cause.code}`, true, { refused: true, cause })
    })
    // Asked of what is open: a link that is changed a moment later gains nothing.
    const [real, root] = await Promise.all([readlink(`/proc/self/fd/${file.fd}`), realpath(this.#directory)])
    if (real.startsWith(`${root}/`) && (await file.stat()).isFile()) return file
    await file.close()
    const problem = `${url} is no regular file below the import folder`
    throw new SourceError('SourceForbidden', problem, false, { refused: true })
  }
}

async function answer(
  file: FileHandle,
  size: number,
  etag: string,
  range: string | undefined,
): Promise<OriginResponse> {
  const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? '')
  const [start, last] = match ? [Number(match[1]), Math.min(Number(match[2]), size - 1)] : [0, size - 1]
  if (start > last) return await end(file, match ? 416 : 200, { etag, 'content-range': `bytes */${size}` })
  const length = { etag, 'content-length': String(last - start + 1) }
  const body = file.createReadStream({ start, end: last, highWaterMark: 256 * 1024 })
  body.on('error', () => {})
  if (!match) return { status: 200, headers: length, body }
  return { status: 206, headers: { ...length, 'content-range': `bytes ${start}-${last}/${size}` }, body }
}

async function end(
  file: FileHandle,
  status: number,
  headers: Record<string, string>,
): Promise<OriginResponse> {
  await file.close()
  return { status, headers, body: Readable.from([]) }
}
