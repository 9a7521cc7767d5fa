// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
export { createLoopbackNetwork, OutOfAddressesError } from './loopback.ts'
export type { Endpoint, Network } from './types.ts'
