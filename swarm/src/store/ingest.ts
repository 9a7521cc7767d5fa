// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, hash } from 'node:crypto'
import { type FileHandle, rm } from 'node:fs/promises'
import { createManifestBuilder, type ManifestBuilder } from '../manifest/builder.ts'
import { createCutter } from '../manifest/cutter.ts'
import type { Chunking, Cutter, Manifest } from '../manifest/types.ts'
import type { ArtifactFiles } from './artifact-files.ts'
import { readFully, writeFully } from './durable.ts'
import { ArtifactClosedError, IngestDigestError, IngestSizeError } from './errors.ts'
import { IngestLog } from './ingest-log.ts'
import type { Ingest } from './types.ts'

/** So many chunks may be on their way to the disk while the next one is filled: a disk that is busy for a moment does not stop the line. */
const AHEAD = 4

/** What an ingest needs of its artifact. */
interface IngestParts {
  readonly files: ArtifactFiles
  readonly data: FileHandle
  readonly size: number | undefined
  readonly chunking: Chunking
  /** Called with the length of each chunk written. */
  readonly onChunk: (bytes: number) => void
  /** Called with the digest of each chunk in order, those that were here already too. */
  readonly onLeaf: (index: number, digest: Uint8Array) => void
  /** Makes the artifact complete. */
  readonly adopt: (manifest: Manifest) => Promise<void>
  /** Nothing of it is here any more. */
  readonly onDiscard: () => void
  readonly onEnd: () => void
}

/** Streams a file into an artifact's data file; see `Ingest`. */
export class FileIngest implements Ingest {
  readonly #parts: IngestParts
  readonly #builder: ManifestBuilder
  readonly #cutter: Cutter
  readonly #whole = createHash('sha256')
  /** The chunk that is being filled. */
  #chunk: Buffer
  #filled = 0
  /** Chunks on their way to the disk, one after the other: once one has failed, so do all that follow. */
  readonly #writes: Promise<void>[] = []
  readonly #spare: Buffer[] = []
  #log: IngestLog | undefined
  #offset = 0
  #resumeOffset = 0
  #ended = false

  constructor(parts: IngestParts) {
    this.#parts = parts
    this.#builder = createManifestBuilder(parts.size, parts.chunking)
    this.#cutter = createCutter(parts.chunking)
    this.#chunk = Buffer.allocUnsafe(this.#cutter.most)
  }

  get resumeOffset(): number {
    return this.#resumeOffset
  }

  get offset(): number {
    return this.#offset
  }

  /** Hashes what an earlier ingest left, up to the first chunk that is not what its log says. Called once, first. */
  async resume(signal?: AbortSignal): Promise<void> {
    const { files, chunking } = this.#parts
    try {
      const { log, digests } = await IngestLog.open(files.ingest, chunking)
      this.#log = log
      for (const digest of digests) {
        signal?.throwIfAborted()
        const chunk = await this.#readChunk()
        if (chunk === undefined || !hash('sha256', chunk, 'buffer').equals(digest)) break
        this.#take(chunk, digest)
        this.#offset += chunk.length
      }
      await log.keep(this.#builder.leaves)
    } catch (error) {
      await this.close()
      throw error
    }
    this.#resumeOffset = this.offset
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { size } = this.#parts
    if (size !== undefined && this.offset + bytes.length > size) {
      throw new IngestSizeError(`The origin sends more than the ${size} bytes that it announced`)
    }
    for (let rest = bytes; rest.length > 0; ) {
      const end = this.#cutter.cut(rest)
      const part = rest.subarray(0, end)
      this.#chunk.set(part, this.#filled)
      this.#filled += part.length
      this.#offset += part.length
      rest = rest.subarray(part.length)
      if (end !== undefined) await this.#endChunk({ atCut: true })
    }
  }

  async finish(expectedSha256: string | undefined): Promise<{ manifest: Manifest; sha256: string }> {
    const size = this.offset
    if (this.#parts.size !== undefined && size !== this.#parts.size) {
      throw new IngestSizeError(`The origin sent ${size} bytes of the ${this.#parts.size} that it announced`)
    }
    if (this.#filled > 0 || size === 0) await this.#endChunk({ atCut: false })
    await this.#allWritten
    const sha256 = this.#whole.digest('hex')
    if (expectedSha256 !== undefined && sha256 !== expectedSha256) {
      await this.discard()
      throw new IngestDigestError(`The file has SHA-256 ${sha256}, not ${expectedSha256}`, sha256)
    }
    const manifest = this.#builder.finish(size)
    await this.#parts.adopt(manifest)
    await this.close()
    return { manifest, sha256 }
  }

  async discard(): Promise<void> {
    await this.close()
    this.#parts.onDiscard()
    await rm(this.#parts.files.ingest, { force: true })
    await this.#parts.data.truncate(0)
  }

  async close(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    // Of no interest any more: a digest that is not in the log is of no chunk.
    await this.#allWritten.catch(() => {})
    this.#parts.onEnd()
    await this.#log?.close()
  }

  /** The chunk that begins at `offset`, when all of it is there. It is cut anew, so its length need not be believed. */
  async #readChunk(): Promise<Buffer | undefined> {
    const { chunking, data, size = Number.POSITIVE_INFINITY } = this.#parts
    const length = await readFully(data, this.#chunk, this.offset)
    const end = createCutter(chunking).cut(this.#chunk.subarray(0, length))
    return end === undefined || this.offset + end > size ? undefined : this.#chunk.subarray(0, end)
  }

  get #allWritten(): Promise<void> {
    return this.#writes.at(-1) ?? Promise.resolve()
  }

  /** @param atCut whether the chunk ends here whatever follows, and not because the file does */
  async #endChunk({ atCut }: { atCut: boolean }): Promise<void> {
    if (this.#ended) throw new ArtifactClosedError('This ingest has ended')
    const chunk = this.#chunk
    const bytes = chunk.subarray(0, this.#filled)
    const position = this.#offset - this.#filled
    this.#chunk = this.#spare.pop() ?? Buffer.allocUnsafe(chunk.length)
    this.#filled = 0
    const written = this.#allWritten.then(async () => {
      await this.#writeChunk(bytes, position, atCut)
      this.#spare.push(chunk)
    })
    // Met by whoever brings more, or ends.
    written.catch(() => {})
    if (this.#writes.push(written) > AHEAD) await this.#writes.shift()
  }

  /** Data before digest: a digest in the log without its data would only be found wrong. */
  async #writeChunk(bytes: Uint8Array, position: number, atCut: boolean): Promise<void> {
    const { data, files, onChunk } = this.#parts
    if (this.#log === undefined) throw new ArtifactClosedError('This ingest has ended')
    await writeFully(data, bytes, position, files.data)
    const digest = hash('sha256', bytes, 'buffer')
    if (atCut) await this.#log.append(digest)
    this.#take(bytes, digest)
    onChunk(bytes.length)
  }

  #take(chunk: Uint8Array, digest: Uint8Array): void {
    this.#whole.update(chunk)
    this.#builder.push(digest, chunk.length)
    this.#parts.onLeaf(this.#builder.leaves - 1, digest)
  }
}
