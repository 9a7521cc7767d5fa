// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Readable } from 'node:stream'
import { type Dispatcher, request } from 'undici'
import type { DestinationRules } from '../destination/index.ts'
import { ForbiddenAddressError, type ResolveAll } from './checked-lookup.ts'
import { createDispatcher, type SourceAccess } from './dispatcher.ts'
import { SourceError } from './errors.ts'
import { type Headers, header } from './headers.ts'

const MAX_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 303, 307, 308])

export interface OriginResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: Readable
}

export interface OriginRequest {
  readonly method: 'GET' | 'HEAD'
  readonly url: string
  readonly headers?: Record<string, string>
  readonly signal: AbortSignal
}

/** Where a reader of origins may connect to, and how. */
export interface OriginAccess {
  readonly rules: DestinationRules
  readonly tlsMinVersion: 'TLSv1.2' | 'TLSv1.3'
}

export interface OriginHttpInit {
  /** Time without anything happening after which a request has failed. */
  readonly inactivityMs: number
  /** Asked for each request: it may change while a file is read. */
  readonly access: () => OriginAccess
  readonly source: SourceAccess & { readonly url: string }
  /** For tests: what names lead to. */
  readonly resolve?: ResolveAll
}

/** HTTP(S) towards one source: only where it may be asked, redirects followed, every wait bounded. */
export class OriginHttp {
  readonly #dispatcher: Dispatcher
  readonly #init: OriginHttpInit
  /** Scheme, host and port that secrets are for. */
  readonly #home: string

  constructor(init: OriginHttpInit) {
    const { inactivityMs, access, source, resolve } = init
    this.#init = init
    this.#home = new URL(source.url).origin
    const { tlsMinVersion } = access()
    const rules = () => access().rules
    this.#dispatcher = createDispatcher({ ...source, inactivityMs, rules, tlsMinVersion, resolve })
  }

  /** The body must be read to its end or destroyed. @throws SourceError when there is no answer */
  async send(init: OriginRequest): Promise<OriginResponse> {
    let url = init.url
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      this.#check(url)
      const response = await this.#sendOnce({ ...init, url })
      if (!REDIRECTS.has(response.status)) return response
      response.body.destroy()
      url = redirectTarget(header(response.headers, 'location'), url)
    }
    throw new SourceError(
      'OriginUnreachable',
      `${init.url} redirects more than ${MAX_REDIRECTS} times`,
      false,
    )
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy()
  }

  /** Names are checked here, what they lead to when the connection is made. */
  #check(url: string): void {
    const { access, source } = this.#init
    const hosts = [url, ...(source.proxy ? [source.proxy] : [])].map((one) => new URL(one).hostname)
    const refusal = hosts.map((host) => access().rules.refusesHost(host)).find((why) => why !== undefined)
    if (refusal) throw new SourceError('SourceForbidden', `${url}: ${refusal}`, false, { refused: true })
  }

  #secretsFor(url: string): SourceAccess['headers'] {
    return new URL(url).origin === this.#home ? this.#init.source.headers : {}
  }

  async #sendOnce({ method, url, headers, signal }: OriginRequest): Promise<OriginResponse> {
    try {
      const response = await request(url, {
        method,
        // Bytes as they are stored: a transfer encoding of our own would make offsets meaningless.
        headers: {
          ...this.#secretsFor(url),
          'accept-encoding': 'identity',
          'user-agent': 'patchswarm',
          ...headers,
        },
        dispatcher: this.#dispatcher,
        signal,
      })
      // A body that is destroyed says so by an error that nobody waits for.
      response.body.on('error', () => {})
      return { status: response.statusCode, headers: response.headers, body: response.body }
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof ForbiddenAddressError) {
        throw new SourceError('SourceForbidden', `${url}: ${cause.message}`, false, { refused: true, cause })
      }
      throw new SourceError('OriginUnreachable', `${url}: ${describe(cause)}`, true, { cause })
    }
  }
}

function redirectTarget(location: string | undefined, from: string): string {
  const target = URL.canParse(location ?? '', from) ? new URL(location ?? '', from) : undefined
  if (location === undefined || target === undefined || !/^https?:$/.test(target.protocol)) {
    const message = `${from} redirects to ${JSON.stringify(location ?? '')}, which is no http(s) URL`
    throw new SourceError('OriginUnreachable', message, false)
  }
  return target.href
}

/** What a network error means to a reader who does not know undici. */
export function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return 'no answer in time'
  if (code === 'UND_ERR_BODY_TIMEOUT') return 'the answer came to a stop'
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'no connection in time'
  if (code === 'UND_ERR_SOCKET') return 'the connection was closed before the end'
  return message || code || 'the request failed'
}
