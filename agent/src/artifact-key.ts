// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { swarmKey } from '@patchswarm/swarm/manifest'

/** What artifacts are told apart by on a node: the swarm's, as in the store. */
export const keyOf = ({ swarmId }: { swarmId: Uint8Array }): string => swarmKey(swarmId)
