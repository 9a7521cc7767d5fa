// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export type { FoundPeer } from '../discovery/found-peers.ts'
export { type AddressPolicy, createAddressPolicy, InvalidCidrError, ipOf } from './addresses.ts'
export { NotAdmittedError } from './bitswap.ts'
export {
  createSwarmNode,
  type SwarmNode,
  type SwarmNodeInit,
  UnreachablePeerError,
} from './node.ts'
