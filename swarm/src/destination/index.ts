// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { type DestinationInit, type DestinationRules, destinationRules } from './destination-rules.ts'
export { joinNetworks } from './join-networks.ts'
