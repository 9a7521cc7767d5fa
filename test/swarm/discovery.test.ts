// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { staticPeers } from '@patchswarm/swarm/discovery'
import { afterEach, expect, test, vi } from 'vitest'
import { bytesOf, ingest, join, joinAs, randomFile, TestPeers } from './support/peers.ts'

const peers = new TestPeers()
afterEach(() => peers.stop())

const chunkSize = 64 * 1024
// A port of our own, so that no other program on the machine answers.
const port = 15_353
const mdns = (profile = 'default') => ({ profile, intervalMs: 200, port })

/** Of all nodes that ask on our port, from now on. */
async function countQuestions() {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  const questions = { count: 0, [Symbol.dispose]: () => socket.close() }
  socket.on('message', (packet) => {
    // The first bit of the flags says that it is an answer.
    if (packet.readUInt16BE(2) >> 15 === 0) questions.count += 1
  })
  socket.bind(port)
  await once(socket, 'listening')
  socket.addMembership('224.0.0.251')
  return questions
}

test('nodes of one profile find each other by mDNS, without a tracker', async () => {
  const file = randomFile(8 * chunkSize)
  const seeder = await peers.start({ role: 'seeder', mdns: mdns() })
  const seeded = await ingest(seeder, file, chunkSize)
  await join(seeder, seeded)
  const agent = await joinAs(await peers.start({ mdns: mdns() }), seeded)
  await agent.complete
  expect(Buffer.compare(await bytesOf(agent), file)).toBe(0)
})

test('who has heard what others were told does not ask', async () => {
  const nodes = 5
  for (let count = 0; count < nodes; count++) await peers.start({ mdns: mdns() })
  using questions = await countQuestions()
  // Each looks twice at least.
  await sleep(1300)
  expect(questions.count).toBeGreaterThan(0)
  expect(questions.count).toBeLessThan(nodes)
})

test('nodes of another profile are not found', async () => {
  const seeder = await peers.start({ role: 'seeder', mdns: mdns() })
  const seeded = await ingest(seeder, randomFile(1000), chunkSize)
  await join(seeder, seeded)
  const stranger = await joinAs(await peers.start({ mdns: mdns('edge') }), seeded)
  await sleep(1500)
  expect(stranger.swarm.statistics()).toMatchObject({ peers: 0, lastRefusal: undefined })
})

test('a peer that the profile names is offered every swarm, earlier and later ones', async () => {
  const seeder = await peers.start({ role: 'seeder' })
  const agent = await peers.start()
  const files = [randomFile(3 * chunkSize, 1), randomFile(3 * chunkSize, 2)]
  const seeded = await Promise.all(files.map((file) => ingest(seeder, file, chunkSize)))
  for (const artifact of seeded) {
    await join(seeder, artifact)
  }
  const first = await joinAs(agent, seeded[0]!)
  for (const peer of staticPeers(seeder.node.addresses())) {
    agent.exchange.found({ ...peer, isStatic: true })
  }
  const second = await joinAs(agent, seeded[1]!)
  await Promise.all([first.complete, second.complete])
  await vi.waitFor(() => expect(agent.exchange.peerCount).toBe(1), 10_000)
})

test('a peer that the profile names stays where that says it is, whoever else is found', async () => {
  const seeder = await peers.start({ role: 'seeder' })
  const agent = await peers.start()
  const seeded = await ingest(seeder, randomFile(3 * chunkSize), chunkSize)
  await join(seeder, seeded)
  const [named] = staticPeers(seeder.node.addresses())
  agent.exchange.found({ ...named!, isStatic: true })
  const addresses = ['/ip4/127.0.0.1/tcp/1']
  agent.exchange.found({ ...named!, addresses })
  for (let at = 0; at < 300; at++) agent.exchange.found({ peerId: `invented ${at}`, addresses })
  const joined = await joinAs(agent, seeded)
  await joined.complete
})
