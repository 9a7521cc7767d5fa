// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { InvalidManifestError } from '../manifest/manifest.ts'
import { decodePart, encodePart, type SignedPart } from '../manifest/signed-part.ts'
import { readFully, writeFully } from './durable.ts'

/** A part of a growing manifest, and the membership of the seeder that signed it. */
export interface LoggedPart {
  readonly part: SignedPart
  readonly membership: Uint8Array
}

const HEAD_BYTES = 8
const CHECK_BYTES = 8
/** No record is longer: a membership, or a part of as many leaves as a frame takes. */
const MOST_BYTES = 512 * 1024
const KINDS = { signer: 1, part: 2 }

/**
 * The signed parts of a manifest that still grows, in the order in which they came. Not synced before the state file says
 * that chunks are held by it; what a power cut tears off at the end is asked for again.
 */
export class PartsLog {
  readonly #file: FileHandle
  readonly #path: string
  #end = 0
  /** Who signed the parts from here on. */
  #signer = ''
  #tail: Promise<void> = Promise.resolve()

  private constructor(file: FileHandle, path: string) {
    this.#file = file
    this.#path = path
  }

  /** Opens the log with what is whole in it. */
  static async open(path: string): Promise<{ log: PartsLog; logged: LoggedPart[] }> {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    const { size } = await file.stat()
    const bytes = Buffer.alloc(size)
    await readFully(file, bytes, 0)
    const log = new PartsLog(file, path)
    const logged = log.#read(bytes)
    await file.truncate(log.#end)
    return { log, logged }
  }

  /** Rejects when the disk is full; then the part is not there after a restart. */
  append({ part, membership }: LoggedPart): Promise<void> {
    return this.#next(async () => {
      const records = [record(KINDS.part, encodePart(part))]
      if (part.signer !== this.#signer)
        records.unshift(record(KINDS.signer, signerBody(part.signer, membership)))
      const bytes = Buffer.concat(records)
      await writeFully(this.#file, bytes, this.#end, this.#path)
      this.#end += bytes.length
      this.#signer = part.signer
    })
  }

  sync(): Promise<void> {
    return this.#next(() => this.#file.datasync())
  }

  async close(): Promise<void> {
    await this.#tail.catch(() => {})
    await this.#file.close()
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#tail = this.#tail.catch(() => {}).then(step)
    return this.#tail
  }

  #read(bytes: Buffer): LoggedPart[] {
    const logged: LoggedPart[] = []
    let membership: Uint8Array = new Uint8Array()
    for (let next = recordAt(bytes, 0); next !== undefined; next = recordAt(bytes, this.#end)) {
      try {
        if (next.kind === KINDS.signer) [this.#signer, membership] = readSigner(next.body)
        else logged.push({ part: decodePart(next.body, this.#signer), membership })
      } catch (error) {
        if (error instanceof InvalidManifestError) break
        throw error
      }
      this.#end = next.end
    }
    return logged
  }
}

/** u8 kind, 3 not used, u32 length, body, the first 8 bytes of its SHA-256. */
function record(kind: number, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES + body.length + CHECK_BYTES)
  bytes.writeUInt8(kind)
  bytes.writeUInt32BE(body.length, 4)
  bytes.set(body, HEAD_BYTES)
  bytes.set(checkOf(body), HEAD_BYTES + body.length)
  return bytes
}

function recordAt(bytes: Buffer, at: number): { kind: number; body: Buffer; end: number } | undefined {
  if (bytes.length < at + HEAD_BYTES) return undefined
  const length = bytes.readUInt32BE(at + 4)
  const bodyAt = at + HEAD_BYTES
  const end = bodyAt + length + CHECK_BYTES
  if (length > MOST_BYTES || bytes.length < end) return undefined
  const body = bytes.subarray(bodyAt, bodyAt + length)
  const whole = checkOf(body).equals(bytes.subarray(bodyAt + length, end))
  return whole ? { kind: bytes.readUInt8(at), body, end } : undefined
}

const checkOf = (body: Uint8Array): Buffer => hash('sha256', body, 'buffer').subarray(0, CHECK_BYTES)

/** u8 n, n peer ID, SignedMembership. */
function signerBody(peerId: string, membership: Uint8Array): Buffer {
  const name = Buffer.from(peerId)
  return Buffer.concat([Buffer.of(name.length), name, membership])
}

function readSigner(body: Buffer): [string, Uint8Array] {
  const length = body.readUInt8(0)
  return [body.toString('utf8', 1, 1 + length), Uint8Array.from(body.subarray(1 + length))]
}
