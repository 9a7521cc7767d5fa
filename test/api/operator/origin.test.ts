// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { generateKeyPairSync, sign } from 'node:crypto'
import { operatorNamespace, patchArtifacts } from '@patchswarm/api'
import { NODE, SECRET } from '@patchswarm/kube'
import { swarmId } from '@patchswarm/swarm/manifest'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { budgetOf } from '../../../operator/src/tracker/budget.ts'
import { givenOperator, messageOf } from '../support/operator/given.ts'
import { createArtifact, createJob, createProfile, readiness, until } from '../support/operator/objects.ts'
import { collects, delivers, seedsAll, type TestPeer, testArtifact } from '../support/operator/peers.ts'
import { startSwarm } from '../support/operator/swarm.ts'

/** Who reads the origin, with what, and how much of it. */
const { client, cluster, operator, artifactNow, jobNow, swarm: main } = givenOperator('main', 3)
beforeEach(() => main().behave(delivers(100)))

describe('a signed file', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  const digest = `sha256:${'2e'.repeat(32)}`
  const url = 'https://origin.example/signed.sig'

  test('is delivered when its signature has been read and is right, and not before', async () => {
    await createArtifact(client(), 'signed', { profile: 'main', digest, signature: { publicKey: pem, url } })
    await createJob(client(), 'signed', {
      artifacts: [{ name: 'signed' }],
      delivery: { directory: '/opt/patches/signed' },
    })
    const wished = () => main().seeder.desired?.artifacts.find((one) => one.name.endsWith('/signed'))
    await vi.waitFor(() => expect(wished()?.origin?.signatureUrl).toBe(url), 10_000)
    await until(artifactNow('signed'), (one) => one.status?.cid !== undefined)
    expect(readiness(await artifactNow('signed')())).toBe('False Resolving')
    for (const agent of main().agents) {
      expect(agent.desired?.deliveries.filter(({ job }) => job.endsWith('/signed'))).toEqual([])
    }
    const signature = sign(null, Buffer.from(digest), privateKey).toString('base64')
    main().seeder.behave((desired) => {
      const all = seedsAll(desired)
      return { ...all, artifacts: all.artifacts.map((one) => ({ ...one, signature })) }
    })
    await until(artifactNow('signed'), 'True Seeded')
    await until(jobNow('signed'), 'True Completed')
    main().seeder.behave(seedsAll)
  })

  test('with a wrong signature is not even listed', async () => {
    const value = sign(null, Buffer.from('another'), privateKey).toString('base64')
    const other = `sha256:${'2f'.repeat(32)}`
    const signature = { publicKey: pem, value }
    await createArtifact(client(), 'forged', { profile: 'main', digest: other, signature })
    await until(artifactNow('forged'), 'False SignatureInvalid')
    expect(main().seeder.desired?.artifacts.map(({ digest: listed }) => listed)).not.toContain(other)
  })
})

describe('the Secret of a source', () => {
  const sources = [{ http: { url: 'https://origin.example/a.bin', secretRef: { name: 'login' } } }]
  const wishOf = ({ desired }: TestPeer) => desired?.artifacts.find((one) => one.name.endsWith('/guarded'))

  test('reaches the seeder alone, once the namespace lets the operator read it', async () => {
    const metadata = { name: 'login', namespace: operatorNamespace }
    const digest = `sha256:${'1d'.repeat(32)}`
    main().seeder.behave((desired) =>
      seedsAll({ ...desired, artifacts: desired.artifacts.filter(({ wanted }) => wanted) }),
    )
    await createArtifact(client(), 'guarded', { profile: 'main', sources, digest })
    const refused = await until(artifactNow('guarded'), 'False SecretInvalid')
    expect(messageOf(refused)).toMatch(/login may not be read by the operator: bind ClusterRole/)
    expect(refused.status?.sources).toMatchObject([{ reachable: false, lastError: messageOf(refused) }])
    const nowhere = { wanted: false, origin: { sources: [] } }
    await vi.waitFor(() => expect(wishOf(main().seeder)).toMatchObject(nowhere), 10_000)

    const stringData = { username: 'ann', password: 's3cret', 'X-Key': 'k3y' }
    await client().for(SECRET).create({ metadata, type: 'patchswarm.dev/origin', stringData })
    await client().request(
      'POST',
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${operatorNamespace}/rolebindings`,
      {
        metadata: { name: 'origin-secrets' },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: 'patchswarm-origin-secrets',
        },
        subjects: [{ kind: 'ServiceAccount', name: 'patchswarm-operator', namespace: operatorNamespace }],
      },
    )
    await vi.waitFor(() => expect(wishOf(main().seeder)).toMatchObject({ wanted: true }), 15_000)
    const headers = { authorization: `Basic ${Buffer.from('ann:s3cret').toString('base64')}`, 'x-key': 'k3y' }
    expect(wishOf(main().seeder)?.origin?.sources).toMatchObject([{ url: sources[0]?.http.url, headers }])
    const told = await until(artifactNow('guarded'), (one) => readiness(one) !== 'False SecretInvalid')
    expect(JSON.stringify(told)).not.toMatch(/s3cret|k3y|Basic/)
    for (const agent of main().agents) expect(wishOf(agent)?.origin).toBeUndefined()
    await client().for(patchArtifacts).delete('guarded', operatorNamespace)
    main().seeder.behave(seedsAll)
  })
})

describe('the budget of an origin', () => {
  const id = swarmId(testArtifact.digest, undefined)

  test('every grant is in the status before it is given, and the sum is hard', async () => {
    const { size } = testArtifact
    const before = (await artifactNow('patch')()).status?.origin?.bytesGranted ?? 0
    const first = await main().seeder.grant(id, 0, size, size)
    expect(first.length).toBeGreaterThan(0)
    const written = (await artifactNow('patch')()).status?.origin?.bytesGranted ?? 0
    expect(written).toBeGreaterThan(before + first.length)
    // Some was written ahead: the next grant needs no write.
    const second = await main().seeder.grant(id, 0, 1000, size)
    expect(second.length).toBe(1000)
    expect((await artifactNow('patch')()).status?.origin?.bytesGranted).toBe(written)
    const answers = []
    while (answers.at(-1)?.length !== 0) {
      // At once: each must see the sum of those before it.
      answers.push(
        ...(await Promise.all(Array.from({ length: 6 }, () => main().seeder.grant(id, 0, size, size)))),
      )
    }
    const sum = [first, second, ...answers].reduce((all, one) => all + one.length, before)
    expect(sum).toBe(budgetOf(size, 1.2))
    expect((await artifactNow('patch')()).status?.origin?.bytesGranted).toBe(sum)
    expect(answers.at(-1)).toMatchObject({ length: 0, reason: 'OriginBudgetExhausted' })
  })

  test('what a seeder gives back may be granted again, but for what was read', async () => {
    const digest = `sha256:${'5a'.repeat(32)}`
    const other = swarmId(digest, undefined)
    main().seeder.behave(({ artifacts }) => ({
      artifacts: artifacts.map(({ swarmId: read }) => ({
        swarmId: read,
        state: 'Ingesting',
        originBytesRead: 7,
      })),
      deliveries: [],
    }))
    await createArtifact(client(), 'half-read', { profile: 'main', digest })
    const granted = async () => (await artifactNow('half-read')()).status?.origin?.bytesGranted
    await until(artifactNow('half-read'), (one) => one.status?.origin?.bytesRead === 7)
    const { length } = await main().seeder.grant(other, 0, testArtifact.size, testArtifact.size)
    await main().agents[0]?.giveBack(other, length)
    const ahead = Number(await granted()) - length
    expect(ahead).toBeGreaterThan(0)
    await main().seeder.giveBack(other, length - 9)
    expect(await granted()).toBe(9 + ahead)
    await main().seeder.giveBack(other, 9)
    expect(await granted()).toBe(7 + ahead)
    main().seeder.behave(seedsAll)
  })

  test('agents get none', async () => {
    expect(await main().agents[0]?.grant(id, 0, 1, 1)).toMatchObject({ length: 0, reason: 'NotAllowed' })
  })
})

describe('what has failed for good', () => {
  const file = (name: string) => main().seeder.desired?.artifacts.find((one) => one.name.endsWith(`/${name}`))
  /** It goes on saying so of what it was told to read first. */
  const seedsAllBut = (digest: string, reason: string) => {
    let failedSpec = ''
    main().seeder.behave((desired) => {
      const mine = desired.artifacts.filter((one) => one.digest === digest)
      failedSpec ||= mine[0]?.origin?.spec ?? ''
      const { artifacts = [], ...rest } = seedsAll({
        ...desired,
        artifacts: desired.artifacts.filter((one) => !mine.includes(one)),
      })
      const failed = mine.map(({ swarmId }) => ({ swarmId, state: 'Failed', reason, failedSpec }))
      return { ...rest, artifacts: [...artifacts, ...failed] }
    })
  }

  test('is tried anew with other sources, whatever is still said of the ones before', async () => {
    const digest = `sha256:${'5b'.repeat(32)}`
    seedsAllBut(digest, 'DigestMismatch')
    await createArtifact(client(), 'corrected', { profile: 'main', digest })
    await until(artifactNow('corrected'), 'False DigestMismatch')
    await vi.waitFor(() => expect(file('corrected')).toMatchObject({ wanted: false }), 10_000)
    const url = 'https://origin.example/right/patch-1.bin'
    await client()
      .for(patchArtifacts)
      .patch('corrected', operatorNamespace, { spec: { sources: [{ http: { url } }] } })
    const right = { wanted: true, origin: { sources: [{ url }] } }
    await vi.waitFor(() => expect(file('corrected')).toMatchObject(right), 10_000)
    await until(artifactNow('corrected'), 'False Resolving')
    main().seeder.behave(seedsAll)
    await until(artifactNow('corrected'), 'True Seeded')
  })

  test('is tried anew for another artifact of the same file, which pays for it', async () => {
    const { size } = testArtifact
    const digest = `sha256:${'5c'.repeat(32)}`
    const id = swarmId(digest, undefined)
    const granted = async (name: string) => (await artifactNow(name)()).status?.origin?.bytesGranted
    main().seeder.behave((desired) =>
      seedsAll({ ...desired, artifacts: desired.artifacts.filter((one) => one.digest !== digest) }),
    )
    await createArtifact(client(), 'spent', { profile: 'main', digest, origin: { budgetFactor: 1 } })
    await vi.waitFor(() => expect(file('spent')?.origin?.spec).toMatch(/\/1$/), 10_000)
    while ((await main().seeder.grant(id, 0, size, size)).length > 0);
    seedsAllBut(digest, 'OriginBudgetExhausted')
    await until(artifactNow('spent'), 'False OriginBudgetExhausted')
    const { metadata } = await createArtifact(client(), 'spent-anew', { profile: 'main', digest })
    const wish = { wanted: true, origin: { spec: `${metadata.uid}/1` } }
    await vi.waitFor(() => expect(file('spent')).toMatchObject(wish), 10_000)
    expect((await main().seeder.grant(id, 0, size, size)).length).toBeGreaterThan(0)
    expect(await granted('spent')).toBe(size)
    expect(await granted('spent-anew')).toBeGreaterThan(0)
    await until(artifactNow('spent-anew'), 'False Resolving')
    main().seeder.behave(seedsAll)
  })
})

describe('where agents read the origin', () => {
  test('those elected are given parts that nobody else reads, each in the status before it is given', async () => {
    const { size } = testArtifact
    const digest = `sha256:${'56'.repeat(32)}`
    const id = swarmId(digest, undefined)
    await using swarm = await startSwarm(cluster(), operator(), 'reading', 2, {
      origin: { access: 'Agents' },
    })
    const [a, b] = swarm.agents as [TestPeer, TestPeer]
    swarm.seeder.behave(collects)
    await createArtifact(client(), 'read-by-agents', { profile: 'reading', digest })
    await vi.waitFor(() => {
      for (const { desired } of swarm.agents)
        expect(desired?.artifacts[0]?.origin).toMatchObject({ reads: true })
      const [wish] = swarm.seeder.desired?.artifacts ?? []
      expect(wish).toMatchObject({ collects: true, readers: [a.peerId, b.peerId].sort() })
    }, 10_000)
    // As long as the seeder has not said what it lacks there is nothing to give.
    const mine = await vi.waitUntil(async () => {
      const range = await a.range(id, size)
      return range.reason !== 'WaitingForSeeder' && range
    }, 10_000)
    const yours = await b.range(id, size)
    expect(mine).toMatchObject({ offset: 0, reason: '' })
    expect(yours).toMatchObject({ offset: mine.length, reason: '' })
    const { status } = await artifactNow('read-by-agents')()
    expect(status?.size).toBe(size)
    expect(status?.origin?.bytesGranted).toBeGreaterThanOrEqual(mine.length + yours.length)
    expect(await swarm.seeder.grant(id, 0, size, size)).toMatchObject({ length: 0, reason: 'NotAllowed' })

    await a[Symbol.asyncDispose]()
    const again = await vi.waitUntil(async () => {
      const next = await b.range(id, size)
      return next.offset === 0 && next.length > 0 && next
    }, 10_000)
    expect(again.length).toBeGreaterThan(0)
  })

  test('an agent that has said something else of one file than its sources send reads no other', async () => {
    await using swarm = await startSwarm(cluster(), operator(), 'lied-to', 2, {
      origin: { access: 'Agents' },
    })
    const [liar, honest] = swarm.agents as [TestPeer, TestPeer]
    const [node = ''] = swarm.nodes
    swarm.seeder.behave((desired) => {
      const { artifacts, ...report } = seedsAll(desired)
      return { ...report, artifacts: artifacts.map((one) => ({ ...one, liars: [node] })) }
    })
    await createArtifact(client(), 'lied-about', { profile: 'lied-to', digest: `sha256:${'58'.repeat(32)}` })
    const { status } = await until(artifactNow('lied-about'), 'True Seeded')
    expect(status?.origin?.barredNodes).toEqual([node])
    swarm.seeder.behave(collects)
    await createArtifact(client(), 'read-next', { profile: 'lied-to', digest: `sha256:${'59'.repeat(32)}` })
    await vi.waitFor(() => {
      const next = (peer: TestPeer) =>
        peer.desired?.artifacts.find(({ name }) => name === `${operatorNamespace}/read-next`)
      expect(next(swarm.seeder)).toMatchObject({ collects: true, readers: [honest.peerId] })
      expect(next(liar)).toMatchObject({ wanted: false })
    }, 10_000)
  })

  test('each site has readers and a budget of its own where the profile says so', async () => {
    const { size } = testArtifact
    const digest = `sha256:${'57'.repeat(32)}`
    const id = swarmId(digest, undefined)
    const spec = { siteLabel: 'store', origin: { access: 'Agents', perSite: true } }
    await using swarm = await startSwarm(cluster(), operator(), 'by-site', 2, spec)
    const [a, b] = swarm.agents as [TestPeer, TestPeer]
    for (const [index, store] of ['7', '8'].entries())
      await client()
        .for(NODE)
        .patch(swarm.nodes[index]!, undefined, { metadata: { labels: { store } } })
    // Each connects anew for a membership of its site: what it asks for meanwhile is lost.
    await vi.waitFor(() => expect(swarm.agents.map(({ site }) => site)).toEqual(['7', '8']), 10_000)
    for (const agent of swarm.agents) agent.behave(collects)
    // Jobs begin when somebody has begun to read.
    swarm.seeder.behave((desired) => {
      const all = collects(desired)
      return { ...all, artifacts: all.artifacts.map((one) => ({ ...one, state: 'Fetching', size })) }
    })
    await createArtifact(client(), 'by-site', { profile: 'by-site', digest })
    await createJob(client(), 'by-site', { artifacts: [{ name: 'by-site' }] })
    await vi.waitFor(() => {
      for (const { desired, peers } of swarm.agents) {
        expect(desired?.artifacts[0]?.origin).toMatchObject({ reads: true, forSite: true })
        expect(peers.map(({ apart }) => apart)).toEqual(peers.map(() => true))
      }
    }, 15_000)
    // Each until it gets its first one: who asks again gets the next.
    const firstRange = (agent: TestPeer) =>
      vi.waitUntil(async () => {
        const range = await agent.range(id, size)
        return range.length > 0 && range
      }, 15_000)
    const told = await Promise.all([firstRange(a), firstRange(b)])
    // The same part: what one has the other does not get.
    expect(told.map(({ offset }) => offset)).toEqual([0, 0])
    const { bytesGranted, sites = [] } = (await artifactNow('by-site')()).status?.origin ?? {}
    expect(sites.map(({ site }) => site)).toEqual(['7', '8'])
    const written = sites.map((one) => one.bytesGranted ?? 0)
    for (const [index, { length }] of told.entries()) expect(written[index]).toBeGreaterThanOrEqual(length)
    expect(bytesGranted).toBe(written.reduce((sum, one) => sum + one, 0))
    // Its budget is hard for each, whatever it asks for; what one has used up is the other's still.
    const take = async () => {
      const { length } = await a.grant(id, 0, size, size)
      return length
    }
    while ((await take()) > 0);
    const { origin } = (await artifactNow('by-site')()).status ?? {}
    expect(origin?.sites?.map(({ bytesGranted }) => bytesGranted)).toEqual([budgetOf(size, 1.2), written[1]])
    expect((await b.grant(id, 0, size, size)).length).toBeGreaterThan(0)
  })

  test('a file that is cut by content needs a seeder that reads, and says so', async () => {
    await createProfile(client(), 'agents-only', { origin: { access: 'Agents' } })
    await createArtifact(client(), 'cut-by-content', {
      profile: 'agents-only',
      chunking: { strategy: 'ContentDefined' },
    })
    await until(artifactNow('cut-by-content'), 'False ChunkingNotReadable')
  })

  test('a file whose digest nobody knows needs a seeder that reads, and says so', async () => {
    await createArtifact(client(), 'first-used', {
      profile: 'agents-only',
      digest: undefined,
      trustOnFirstUse: true,
    })
    await until(artifactNow('first-used'), 'False FirstUseNotReadable')
  })
})
