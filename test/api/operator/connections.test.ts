// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type NodeDistribution, operatorNamespace, revokedNodesConfigMap } from '@patchswarm/api'
import { CONFIG_MAP, objectPath, POD } from '@patchswarm/kube'
import { createIdentity, type Identity } from '@patchswarm/swarm/identity'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { givenOperator, numbersOf } from '../support/operator/given.ts'
import { createArtifact, rowsOf, until } from '../support/operator/objects.ts'
import { startOperator } from '../support/operator/operator-process.ts'
import { delivers, seedsAll, startPeer, type TestPeer, testArtifact } from '../support/operator/peers.ts'
import { runPod, tokenOf } from '../support/operator/pods.ts'
import { startSwarm } from '../support/operator/swarm.ts'

/** Who is let in by which operator, and who is not. */
const { client, cluster, operator, artifactNow, jobNow, job, swarm: main } = givenOperator('main', 3)
beforeEach(() => main().behave(delivers(100)))

describe('the operator dies', () => {
  test('and goes on where it was: nothing is counted twice, nobody is told to drop anything', async () => {
    main().behave(delivers(10))
    main().agents[0]?.behave(delivers(100))
    await job('survivor', { rollout: { maxConcurrent: 2 } })
    await until(jobNow('survivor'), (one) => one.status?.active === 2 && one.status.progressPercent !== 0)
    const before = (await rowsOf(client(), 'survivor')).map((one) => one.metadata.uid).sort()
    const seen = main().agents.map((agent) => agent.history.length)

    await operator().restart()
    await vi.waitFor(() => expect(main().agents.every((agent) => agent.connected)).toBe(true), {
      timeout: 30_000,
    })
    await until(jobNow('survivor'), (one) => (one.status?.active ?? 0) >= 1, 30_000)
    const rows = await rowsOf(client(), 'survivor')
    expect(rows.map((one) => one.metadata.uid)).toEqual(expect.arrayContaining(before))
    expect(rows.filter(isActive).length).toBeLessThanOrEqual(2)
    main().behave(delivers(100))
    const done = await until(jobNow('survivor'), 'True Completed', 30_000)
    expect(numbersOf(done)).toEqual({ waiting: 0, active: 0, succeeded: 3, failed: 0, skipped: 0 })
    expect((await artifactNow('patch')()).status).toMatchObject({ origin: { bytesRead: testArtifact.size } })
    const since = main().agents.flatMap((agent, index) => agent.history.slice(seen[index]))
    expect(since.every((desired) => desired.artifacts.length === 1)).toBe(true)
  })

  test('together with a seeder: what the lost one has read of an origin counts beside what the new one reads', async () => {
    const { size } = testArtifact
    await using swarm = await startSwarm(cluster(), operator(), 'replaced', 0)
    await createArtifact(client(), 'read-twice', { profile: 'replaced' })
    const read = (bytesRead: number) =>
      until(artifactNow('read-twice'), (one) => one.status?.origin?.bytesRead === bytesRead)
    await read(size)

    await swarm.seeder[Symbol.asyncDispose]()
    await operator().restart()
    const seeder = { client: client(), operator: operator(), profile: 'replaced', role: 'seeder' } as const
    await using successor = await startPeer(seeder)
    successor.behave(seedsAll)
    const { status } = await read(2 * size)
    expect(status?.origin?.readers).toEqual([
      { peerId: swarm.seeder.peerId, bytesRead: size },
      { peerId: successor.peerId, bytesRead: size },
    ])
  })

  test('a standby sends agents on, and takes over when the leader stops', async () => {
    await using standby = await startOperator(
      cluster().operatorKubeconfig,
      'operator-1',
      operator().trackerAddress,
    )
    expect(standby.trackerPeerId).toBe(operator().trackerPeerId)
    const node = 'main-spare'
    await cluster().addNode(node, { pool: 'main' })
    const only = { client: client(), profile: 'main', role: 'agent', node } as const
    await using peer = await startPeer({ ...only, operator: standby })
    await vi.waitFor(() => expect(peer.lastError).toMatch(/leader/i), { timeout: 10_000 })
    expect(peer.connected).toBe(false)

    await operator().stop()
    await vi.waitFor(() => expect(peer.connected).toBe(true), { timeout: 15_000 })
    peer.behave(delivers(100))
    await job('taken-over', { target: { nodeNames: [node] } })
    await until(jobNow('taken-over'), 'True Completed')

    await operator().restart()
    await standby.stop()
    await vi.waitFor(() => expect(main().agents.every((agent) => agent.connected)).toBe(true), {
      timeout: 20_000,
    })
    await cluster().removeNode(node)
  })

  const isActive = ({ status }: NodeDistribution): boolean =>
    !['Delivered', 'Failed'].includes(status?.state ?? '')
})

describe('who may connect', () => {
  const stranger = async (token: string, role: 'agent' | 'seeder' = 'agent') =>
    await startPeer({ client: client(), operator: operator(), profile: 'main', role, token })
  const podOf = () => runPod(client(), 'main', 'agent', 'main-n1')

  test.for<{ name: string; token: () => Promise<string>; role?: 'seeder'; said: RegExp }>([
    { name: 'no token', token: async () => '', said: /token/ },
    { name: 'a token that is none', token: async () => 'abc.def.ghi', said: /token/ },
    {
      name: "an agent's token for a seeder",
      token: async () => tokenOf(client(), await podOf()),
      role: 'seeder',
      said: /belongs to system:serviceaccount:patchswarm-system:patchswarm-main-agent/,
    },
    {
      name: 'a token for another audience',
      token: async () => await unbound('patchswarm-main-agent', 'other'),
      said: /token/,
    },
    {
      name: 'a token that is bound to no Pod',
      token: async () => await unbound('patchswarm-main-agent', 'patchswarm'),
      said: /not bound to a Pod/,
    },
    { name: 'the token of a Pod that is gone', token: ofPodThatIsGone, said: /TokenRefused/ },
  ])('$name is refused', async ({ token, role, said }) => {
    await using peer = await stranger(await token(), role)
    await vi.waitFor(() => expect(peer.lastError).toMatch(said), { timeout: 10_000 })
    expect(peer.connected).toBe(false)
  })

  async function ofPodThatIsGone(): Promise<string> {
    const node = 'main-brief'
    await cluster().addNode(node, { pool: 'main' })
    const pod = await runPod(client(), 'main', 'agent', node)
    const token = await tokenOf(client(), pod)
    await cluster().removeNode(node)
    const path = objectPath(POD, pod.metadata.name, operatorNamespace)
    await client().request('DELETE', path, { gracePeriodSeconds: 0 })
    return token
  }

  async function unbound(account: string, audience: string): Promise<string> {
    const { status } = await client().request<{ status: { token: string } }>(
      'POST',
      `/api/v1/namespaces/${operatorNamespace}/serviceaccounts/${account}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [audience] } },
    )
    return status.token
  }
})

describe('a node', () => {
  const peerOn = (node: string, identity = createIdentity()) =>
    startPeer({ client: client(), operator: operator(), profile: 'main', role: 'agent', node, identity })
  async function connectedPeer(node: string, identity?: Identity): Promise<TestPeer> {
    await cluster().addNode(node, { pool: 'main' })
    const peer = await peerOn(node, identity)
    await vi.waitFor(() => expect(peer.connected).toBe(true), 20_000)
    return peer
  }
  const told = (node: string) => [...(main().agents[1]?.revoked.get(node) ?? ['not revoked'])]
  const writes = (data: Record<string, string>) =>
    client()
      .for(CONFIG_MAP)
      .apply({ metadata: { name: revokedNodesConfigMap, namespace: operatorNamespace }, data })

  test('is no second peer while its own is connected, whoever has stolen the token of its Pod', async () => {
    await using thief = await peerOn('main-n1')
    await vi.waitFor(() => expect(thief.lastError).toMatch(/another peer is connected/), 10_000)
    expect(main().agents[0]?.connected).toBe(true)
    expect(told('main-n1')).toEqual(['not revoked'])
  })

  test('is no peer that another node is: a copied disk gets a key of its own', async () => {
    const identity = createIdentity()
    await using original = await connectedPeer('main-original', identity)
    await using copy = await peerOn('main-n1', identity)
    await vi.waitFor(() => expect(copy.lastError).toMatch(/IdentityInUse/), 10_000)
    expect(original.connected).toBe(true)
  })

  test('that comes with another key has it instead of the old one, which everybody hears', async () => {
    const first = await connectedPeer('main-claimed')
    await first[Symbol.asyncDispose]()
    await using successor = await peerOn('main-claimed')
    await vi.waitFor(() => expect(successor.connected).toBe(true), 10_000)
    await vi.waitFor(() => expect(told('main-claimed')).toEqual([successor.peerId]), 10_000)
  })

  test('that is deleted is nobody any more, for everybody and for the next leader', async () => {
    await cluster().addNode('main-gone', { pool: 'main' })
    await cluster().removeNode('main-gone')
    await vi.waitFor(() => expect(told('main-gone')).toEqual([]), 10_000)
    await operator().restart()
    await vi.waitFor(() => expect(main().agents.every((agent) => agent.connected)).toBe(true), 20_000)
    await vi.waitFor(() => expect(told('main-gone')).toEqual([]), 10_000)
  })

  test('that is made anew under its name is let in, and what it was before is not', async () => {
    await using again = await connectedPeer('main-gone')
    await vi.waitFor(() => expect(told('main-gone')).toEqual([again.peerId]), 10_000)
  })

  test('that a person has revoked loses its connection and is refused, until the person takes that back', async () => {
    await using stolen = await connectedPeer('main-stolen')
    await writes({ 'main-stolen': 'found in a stranger’s car' })
    await vi.waitFor(() => expect(told('main-stolen')).toEqual([]), 10_000)
    await vi.waitFor(() => expect(String(stolen.lastError)).toMatch(/was revoked.*stranger/), 10_000)
    await stolen[Symbol.asyncDispose]()
    await writes({})
    await vi.waitFor(() => expect(told('main-stolen')).toEqual(['not revoked']), 10_000)
    await using back = await peerOn('main-stolen')
    await vi.waitFor(() => expect(back.connected).toBe(true), 10_000)
  })
})
