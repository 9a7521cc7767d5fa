// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createInterface } from 'node:readline'
import { createIdentity } from '@patchswarm/swarm/identity'
import { swarmId } from '@patchswarm/swarm/manifest'
import { signMembership } from '@patchswarm/swarm/membership'
import {
  createTrackerServer,
  type DesiredInit,
  peerLists,
  type TrackerClientView,
} from '@patchswarm/swarm/tracker'
import { pino } from 'pino'

/**
 * The tracker as the operator runs it, with an operator's decisions that need no Kubernetes: a token is the name of its
 * node, every byte is granted. It hears "publish" (the artifact is there), "deliver NODE", "bandwidth JSON" (limits from
 * now on); it says "connected NODE", "seeded", "delivered NODE".
 */
const [host = '', sha256 = '', size = '', url = ''] = process.argv.slice(2)
const digest = `sha256:${sha256}`
const id = swarmId(digest, undefined)
const operator = createIdentity()
/** As the operator: changes within this time are published together, and agents report every two seconds. */
const GATHER_MS = 50
const REPORT_MS = 2000

let published = false
let bandwidth: NonNullable<DesiredInit['bandwidth']> = {}
let cid = ''
const wanting = new Set<string>()
const said = new Set<string>()
let gathering = false

const server = createTrackerServer(
  {
    identity: operator,
    log: pino({ level: 'warn' }, pino.destination(2)),
    decisions: {
      async authenticate({ token, role }, peerId) {
        const now = Date.now()
        const expiresAt = now + 3_600_000
        const member = {
          peerId,
          node: token,
          profile: 'bench',
          site: '',
          roles: [role],
          issuedAt: now,
          expiresAt,
        }
        return {
          node: token,
          profile: 'bench',
          role: role === 'seeder' ? 'seeder' : 'agent',
          site: '',
          podUid: token,
          membership: signMembership(operator, member),
        }
      },
      grant: async (_client, { length }) => ({ length }),
    },
  },
  { host, port: 0, epoch: 1, reportIntervalMs: () => REPORT_MS },
)

function say(line: string): void {
  if (said.has(line)) return
  said.add(line)
  console.log(line)
}

function soon(): void {
  if (gathering) return
  gathering = true
  setTimeout(publish, GATHER_MS)
}

function publish(): void {
  gathering = false
  if (!published) return
  const clients = server.clients()
  for (const client of clients) server.publishDesired(client.peerId, desired(client))
  const members = clients.filter(({ identity }) => identity.role === 'seeder' || wanting.has(identity.node))
  for (const [peerId, peers] of peerLists(members, 32, id)) server.publishPeers(peerId, id, peers)
}

/** Also on the loopback interface. */
const originAccess = url === '' ? {} : { allowedDomains: [new URL(url).hostname] }

function desired({ identity: { node, role } }: TrackerClientView): DesiredInit {
  const wanted = role === 'seeder' || wanting.has(node)
  const seeders = server
    .clients()
    .filter((client) => client.identity.role === 'seeder')
    .map(({ peerId }) => peerId)
  const artifact = { swarmId: id, name: 'bench/file', digest, size: Number(size), cid, wanted, seeders }
  if (role === 'seeder')
    return {
      maxPeers: 32,
      bandwidth,
      originAccess,
      artifacts: [{ ...artifact, origin: { sources: [{ url }] } }],
    }
  const directory = '/srv/files/patches'
  const delivery = {
    id: 'bench/file',
    job: 'bench/job',
    swarmId: id,
    directory,
    fileName: 'file.bin',
    mode: 0o644,
  }
  return { maxPeers: 32, bandwidth, artifacts: [artifact], deliveries: wanted ? [delivery] : [] }
}

function hear({ identity: { node, role }, report }: TrackerClientView): void {
  const [artifact] = report?.artifacts ?? []
  const [delivery] = report?.deliveries ?? []
  if (role === 'seeder' && artifact?.cid && artifact.cid !== cid && artifact.state === 'Complete') {
    cid = artifact.cid
    soon()
    say('seeded')
  }
  if (delivery?.state === 'Delivered') say(`delivered ${node}`)
}

server.onConnect(({ identity: { node } }) => {
  say(`connected ${node}`)
  soon()
})
server.onReport(hear)
await server.start()
say(`tracker ${host}:${server.port} ${operator.peerId}`)
createInterface(process.stdin).on('line', (line) => {
  published ||= !line.startsWith('bandwidth ')
  if (line.startsWith('bandwidth ')) bandwidth = JSON.parse(line.slice('bandwidth '.length))
  if (line.startsWith('deliver ')) wanting.add(line.slice('deliver '.length))
  soon()
})
