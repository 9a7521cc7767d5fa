// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
export { createLoopbackNetwork, OutOfAddressesError } from './loopback.ts'
export { createNamespaceNetwork } from './namespaces.ts'
export { runLine } from './run-line.ts'
export type { Endpoint, Network } from './types.ts'
