// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isIP } from 'node:net'

export interface HostPort {
  host: string
  port: number
}

/** "host:port", "1.2.3.4:port" or "[::1]:port". */
export function parseHostPort(found: string): HostPort | undefined {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:[\]\s/]+)):(?<port>\d{1,5})$/.exec(found)
  const { v6, host, port } = match?.groups ?? {}
  const number = Number(port)
  if (port === undefined || number > 65_535) return undefined
  if (v6 !== undefined) return isIP(v6) === 6 ? { host: v6, port: number } : undefined
  return host === undefined ? undefined : { host, port: number }
}

/** As `parseHostPort` reads it. */
export const formatHostPort = ({ host, port }: HostPort): string =>
  `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
