// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Logger } from 'pino'
import type { RevokedNodes } from '../membership/revoked-nodes.ts'
import type { DesiredState, Peers, Welcome } from '../proto/tracker_pb.ts'
import type { TrackerStatus } from './client-types.ts'
import type { RefusedError } from './errors.ts'
import { Listeners } from './listeners.ts'

/** Who wants to hear what from a tracker client. */
export class ClientEvents {
  readonly welcome: Listeners<Welcome>
  readonly desired: Listeners<DesiredState>
  readonly peers: Listeners<Peers>
  readonly refused: Listeners<RefusedError>
  readonly revoked: Listeners<RevokedNodes>
  readonly status: Listeners<TrackerStatus>

  constructor(log: Logger) {
    this.welcome = new Listeners(log)
    this.desired = new Listeners(log)
    this.peers = new Listeners(log)
    this.refused = new Listeners(log)
    this.revoked = new Listeners(log)
    this.status = new Listeners(log)
  }
}
