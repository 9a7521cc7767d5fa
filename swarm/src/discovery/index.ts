// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { type MdnsOptions, mdnsDiscovery, serviceTag } from './mdns.ts'
export { InvalidStaticPeerError, staticPeers } from './static.ts'
