// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { format } from 'node:util'
import type { ComponentLogger, Logger as Libp2pLogger } from '@libp2p/interface'
import type { Logger } from 'pino'

/**
 * What libp2p says goes to the program's own log: its errors (a peer that cannot be reached is one) as debug, the rest as
 * trace. With a higher level nothing is even formatted, for libp2p speaks at every frame.
 */
export function componentLogger(log: Logger): ComponentLogger {
  return { forComponent: (name) => loggerFor(log, name) }
}

function loggerFor(log: Logger, component: string): Libp2pLogger {
  const writer = (level: 'debug' | 'trace') =>
    log.isLevelEnabled(level)
      ? (text: unknown, ...args: unknown[]) => {
          log[level]({ component }, format(plain(text), ...args.map(readable)))
        }
      : () => {}
  const trace = writer('trace')
  return Object.assign(trace, {
    error: writer('debug'),
    trace,
    enabled: log.isLevelEnabled('trace'),
    newScope: (scope: string) => loggerFor(log, `${component}:${scope}`),
  })
}

/** libp2p has letters of its own: %p a peer ID, %a an address, %c a CID, %e an error, %k, %b, %t. */
const plain = (text: unknown): unknown =>
  typeof text === 'string' ? text.replaceAll(/%[a-ce-np-rt-z]/g, '%s') : text

function readable(value: unknown): unknown {
  if (value instanceof Error) {
    return `${value.name}: ${value.message}`
  }
  return typeof value === 'object' && value !== null && 'toString' in value ? String(value) : value
}
