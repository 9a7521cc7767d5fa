// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { DestinationRules } from '../destination/index.ts'

/** A name leads only to addresses that may not be asked. */
export class ForbiddenAddressError extends Error {
  override name = 'ForbiddenAddressError'
}

export type ResolveAll = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * Resolves names for connections that are about to be made, and hands out only addresses that may be asked. The
 * connection is made to what was checked, so a name that leads elsewhere a moment later gains nothing.
 */
export function checkedLookup(
  rules: () => DestinationRules,
  resolve: ResolveAll = (...query) => lookup(...query),
): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, [])
      const refusals = found.map(({ address }) => rules().refusesAddress(address))
      const allowed = found.filter((_, index) => refusals[index] === undefined)
      const [first] = allowed
      if (first === undefined) return callback(new ForbiddenAddressError(`${host}: ${refusals[0]}`), [])
      if (options.all) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}
