// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** What artifacts are told apart by on a node: the swarm ID in hex, as in the store. */
export const keyOf = ({ swarmId }: { swarmId: Uint8Array }): string => Buffer.from(swarmId).toString('hex')
