// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import { type OriginSource, readSmall } from '@patchswarm/swarm/origin'
import type { Artifact } from '@patchswarm/swarm/tracker'
import type { OriginParts } from './origin-parts.ts'

const RETRY_MS = 15_000
/** Signatures are of some hundred bytes at most. */
const MOST_BYTES = 1024

/** What was read, in base64, or why nothing; both empty before. */
export interface FoundSignature {
  signature: string
  signatureError: string
}

/** Reads the signature that the tracker wants for an artifact; what it is worth, the tracker judges. */
export class SignatureFetch {
  readonly #parts: Pick<OriginParts, 'access' | 'log'>
  #url = ''
  #found: FoundSignature = { signature: '', signatureError: '' }
  #abort = new AbortController()

  constructor(parts: Pick<OriginParts, 'access' | 'log'>) {
    this.#parts = parts
  }

  get found(): FoundSignature {
    return this.#found
  }

  /** Begins unless it is read or being read. @param onFound something is known that was not before */
  want(wish: Artifact, onFound: () => void): void {
    const url = wish.origin?.signatureUrl ?? ''
    if (url === this.#url) return
    this.stop()
    this.#url = url
    this.#abort = new AbortController()
    if (url !== '') void this.#run(sourceOf(url, wish), onFound, this.#abort.signal)
  }

  stop(): void {
    this.#abort.abort(new Error('no signature is wanted now'))
    this.#url = ''
    this.#found = { signature: '', signatureError: '' }
  }

  /** Never rejects. */
  async #run(source: OriginSource, onFound: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#found.signature === '') {
      try {
        const bytes = await readSmall(source, MOST_BYTES, this.#parts.access, signal)
        this.#found = { signature: inBase64(bytes), signatureError: '' }
      } catch (error) {
        if (signal.aborted) return
        this.#parts.log.warn({ err: error }, 'a signature could not be read')
        this.#found = {
          signature: '',
          signatureError: error instanceof Error ? error.message : String(error),
        }
      }
      onFound()
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
    }
  }
}

/** Beside the file the same login holds; another host hears none. */
function sourceOf(url: string, wish: Artifact): OriginSource {
  const { origin } = new URL(url)
  const beside = wish.origin?.sources.find((one) => new URL(one.url).origin === origin)
  return { ...beside, url }
}

/** `cosign` writes base64, `openssl` bytes. */
function inBase64(bytes: Buffer): string {
  const text = bytes.toString('latin1').replace(/\s/g, '')
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 ? text : bytes.toString('base64')
}
