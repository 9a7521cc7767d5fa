// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { lookup } from 'node:dns/promises'
import { type HostPort, parseHostPort } from '../config/index.ts'

/** Where a tracker is to be found; nobody listens on port 0. @returns undefined when it is not host:port */
export function parseEndpoint(text: string): HostPort | undefined {
  const endpoint = parseHostPort(text)
  return endpoint?.port === 0 ? undefined : endpoint
}

/**
 * Every IP address behind the given ones, in the order given, those of one name shuffled: a headless Service
 * names all replicas. A name that does not resolve now is left out.
 */
export async function resolveEndpoints(
  endpoints: readonly HostPort[],
  random: () => number,
): Promise<HostPort[]> {
  const resolved = await Promise.all(
    endpoints.map(async ({ host, port }) => {
      const found = await lookup(host, { all: true }).catch(() => [])
      const keyed = found.map(({ address }) => ({ address, key: random() }))
      return keyed.sort((a, b) => a.key - b.key).map(({ address }) => ({ host: address, port }))
    }),
  )
  return resolved.flat()
}
