// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { lookup } from 'node:dns/promises'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** "host:port", "[v6]:port". @returns undefined when it is neither */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  const host = match?.[1] ?? match?.[2]
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port }
}

/**
 * Every IP address behind the given ones, in the order given, those of one name shuffled: a headless Service
 * names all replicas. A name that does not resolve now is left out.
 */
export async function resolveEndpoints(
  endpoints: readonly Endpoint[],
  random: () => number,
): Promise<Endpoint[]> {
  const resolved = await Promise.all(
    endpoints.map(async ({ host, port }) => {
      const found = await lookup(host, { all: true }).catch(() => [])
      const keyed = found.map(({ address }) => ({ address, key: random() }))
      return keyed.sort((a, b) => a.key - b.key).map(({ address }) => ({ host: address, port }))
    }),
  )
  return resolved.flat()
}
