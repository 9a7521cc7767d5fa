// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFile, rename, writeFile } from 'node:fs/promises'
import { replaceDurably } from '../store/durable.ts'
import type { Leave } from './granted-bytes.ts'
import type { Validator } from './headers.ts'

/** A new count is written down after so many bytes: what a kill may make it too low by. */
const NOTE_BYTES = 1024 * 1024

/**
 * What a reader must know of an origin after a restart: of which version the bytes are that it has, how many it read, and how
 * many it may read.
 */
export class OriginMemory {
  /** By URL; changed in place, then `keep()`. */
  readonly pins: Map<string, Validator>
  /** Granted and not yet asked of the origin. */
  readonly leave: Leave
  readonly #file: string
  #bytesRead: number
  #noted: number
  #writing: Promise<void> = Promise.resolve()

  private constructor(file: string, pins: Map<string, Validator>, bytesRead: number, bytesLeft: number) {
    this.#file = file
    this.pins = pins
    this.leave = { bytes: bytesLeft, keep: () => this.keep() }
    this.#bytesRead = bytesRead
    this.#noted = bytesRead
  }

  /** A file that is missing or unreadable knows nothing: then all is read that is not proven by its digest. */
  static async open(file: string): Promise<OriginMemory> {
    try {
      const { pins, bytesRead, bytesLeft } = JSON.parse(await readFile(file, 'utf8'))
      return new OriginMemory(
        file,
        new Map(Object.entries(pins)),
        Number(bytesRead) || 0,
        Number(bytesLeft) || 0,
      )
    } catch {
      return new OriginMemory(file, new Map(), 0, 0)
    }
  }

  /** Payload read by this process and those before it. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Counts bytes; the sum is written down now and then, in order to outlive a kill (not a power cut). */
  count(bytesRead: number): void {
    this.#bytesRead = bytesRead
    if (bytesRead - this.#noted < NOTE_BYTES) return
    this.#noted = bytesRead
    void this.#write(false).catch(() => {})
  }

  /** Forgets its leave, durably, so that it can be given back. @returns bytes @throws NoSpaceError */
  async releaseLeave(): Promise<number> {
    const { bytes } = this.leave
    this.leave.bytes = 0
    if (bytes > 0) await this.keep()
    return bytes
  }

  /** Resolves when all of it is durable. @throws NoSpaceError */
  keep(): Promise<void> {
    return this.#write(true)
  }

  #write(durable: boolean): Promise<void> {
    this.#writing = this.#writing
      .catch(() => {})
      .then(async () => {
        const bytes = JSON.stringify({
          pins: Object.fromEntries(this.pins),
          bytesRead: this.#bytesRead,
          bytesLeft: this.leave.bytes,
        })
        if (durable) return replaceDurably(this.#file, Buffer.from(bytes))
        const temporary = `${this.#file}.new`
        await writeFile(temporary, bytes, { mode: 0o600 })
        await rename(temporary, this.#file)
      })
    return this.#writing
  }
}
