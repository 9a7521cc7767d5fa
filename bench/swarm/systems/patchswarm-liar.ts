// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { randomFillSync } from 'node:crypto'
import { Link } from '../../../swarm/src/exchange/link.ts'

// An agent that is a member like all others, takes part as they do, and sends random bytes in place of every chunk.
const honest = Link.prototype.sendChunk

Link.prototype.sendChunk = function (chunk, read, release) {
  honest.call(this, chunk, async () => randomFillSync(await read()), release)
}

await import('../../../agent/src/main.ts')
