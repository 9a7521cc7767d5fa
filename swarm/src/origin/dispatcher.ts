// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { DestinationRules } from '../destination/index.ts'
import { checkedLookup, type ResolveAll } from './checked-lookup.ts'

/** What one source asks for beside its URL. */
export interface SourceAccess {
  /** Secret: for the host of the URL alone. */
  readonly headers?: Readonly<Record<string, string>>
  /** Certificates in PEM that are trusted instead of the system's; empty for those. */
  readonly caBundle?: string
  /** URL of a proxy; empty for none. */
  readonly proxy?: string
}

export interface DispatcherInit extends SourceAccess {
  readonly inactivityMs: number
  readonly rules: () => DestinationRules
  readonly tlsMinVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly resolve?: ResolveAll | undefined
}

/** Connections of one source: to addresses that were checked, with certificates that are trusted for it. */
export function createDispatcher(init: DispatcherInit): Dispatcher {
  const { inactivityMs, tlsMinVersion, caBundle, proxy } = init
  const timeouts = { headersTimeout: inactivityMs, bodyTimeout: inactivityMs }
  const timeout = Math.min(inactivityMs, 10_000)
  const lookup = checkedLookup(init.rules, init.resolve)
  const tls = { minVersion: tlsMinVersion, ...(caBundle ? { ca: caBundle } : {}) }
  if (!proxy) return new Agent({ ...timeouts, connect: { timeout, lookup, ...tls } })
  // Where the source's name leads to is up to the proxy; its own address is checked.
  return new ProxyAgent({
    ...timeouts,
    uri: proxy,
    connectTimeout: timeout,
    proxyTls: { lookup, ...tls },
    requestTls: tls,
  })
}
