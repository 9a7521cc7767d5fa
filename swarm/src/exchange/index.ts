// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export type { ConductCounts } from './conduct.ts'
export type { Candidate } from './connector.ts'
export { ManifestMismatchError, RefusedError } from './errors.ts'
export { createExchange, type Exchange, type ExchangeInit } from './exchange.ts'
export type { JoinedSwarm } from './joined-swarm.ts'
export { chunkProtocol } from './messages.ts'
export { rangesOf } from './ranges.ts'
export type * from './types.ts'
