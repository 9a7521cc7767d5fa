// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFile } from 'node:fs/promises'
import type { TrackerClient } from '@patchswarm/swarm/tracker'
import { type Simulated, simulate } from '../../lab/src/simulated-agents/index.ts'

/** A program that is many agents: those of the file that it is given, each at work on a delivery for so long. It ends with its standard input. */
const [, , file = '', deliveryMs = ''] = process.argv
const agents: Simulated[] = JSON.parse(await readFile(file, 'utf8'))
const clients = agents.map((one) => simulate(one, { deliveryMs: Number(deliveryMs) }))

await Promise.all(clients.map(connected))
console.log('connected')

function connected(client: TrackerClient): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  client.onStatus((status) => status.connected && resolve())
  client.start()
  return promise
}

process.stdin.on('end', () => process.exit()).resume()
