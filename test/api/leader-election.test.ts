// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createLeaderElection, isNotFound, LEASE } from '@patchswarm/kube'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { type Candidate, standForElection, startCandidateProcess, TIMES } from './support/candidate.ts'
import { connect, makeNamespace, throughProxy } from './support/cluster.ts'

const client = connect()
let namespace: string
let candidates: Candidate[]

beforeEach(async () => {
  namespace = await makeNamespace(client)
  candidates = []
})
afterEach(() => Promise.all(candidates.map((one) => one.stop())))

function stand(identity: string, through = client, workEndsMs = 0): Candidate {
  const candidate = standForElection(through, namespace, identity, workEndsMs)
  candidates.push(candidate)
  return candidate
}
const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 10 })
const leads = (candidate: Candidate) => eventually(() => expect(candidate.election.isLeader).toBe(true))
const when = (candidate: Candidate, what: Candidate['happenings'][number]['what']) =>
  candidate.happenings.find((one) => one.what === what)?.at ?? Number.NaN
const lease = () => client.for(LEASE).get('leader', namespace)

test('one of three leads, and all know who', async () => {
  const all = ['a', 'b', 'c'].map((identity) => stand(identity))
  await eventually(() => expect(all.every((one) => one.election.leader)).toBe(true))
  expect(all.filter((one) => one.election.isLeader)).toHaveLength(1)
  expect(new Set(all.map((one) => one.election.leader?.identity)).size).toBe(1)
})

test('a leader killed in its sleep is followed when its lease has run out, with a greater epoch', async () => {
  const killed = await startCandidateProcess(inject('kubeconfigPath'), namespace, 'first')
  const second = stand('second')
  await eventually(() => expect(second.election.leader?.identity).toBe('first'))
  const diedAt = await killed.kill()
  const renewedAt = Date.parse((await lease()).spec?.renewTime ?? '')
  await leads(second)

  expect(second.happenings[0]?.epoch).toBe(killed.epoch + 1)
  expect(when(second, 'lead') - renewedAt).toBeGreaterThanOrEqual(TIMES.leaseDurationMs)
  expect(when(second, 'lead') - diedAt).toBeLessThan(TIMES.leaseDurationMs + 3000)
  expect((await lease()).spec).toMatchObject({ holderIdentity: 'second', leaseTransitions: killed.epoch + 1 })
})

test.for([
  { name: 'is cut off from the API server', how: 'cut' },
  { name: 'no longer gets answers from the API server', how: 'freeze' },
] as const)('a leader that $name stops before another one begins', async ({ how }) => {
  await using cluster = await throughProxy()
  const first = stand('first', connect(cluster), 100)
  await leads(first)
  const second = stand('second')
  await eventually(() => expect(second.election.leader?.identity).toBe('first'))
  cluster.proxy[how]()
  await leads(second)

  expect(when(first, 'ended')).toBeLessThan(when(second, 'lead'))
  expect(first.election.isLeader).toBe(false)
  expect(second.happenings[0]?.epoch).toBe((first.happenings[0]?.epoch ?? 0) + 1)

  // Back again, it is a candidate like any other.
  cluster.proxy.cut()
  cluster.proxy.restore()
  await eventually(() => expect(first.election.leader?.identity).toBe('second'))
  expect(first.election.isLeader).toBe(false)
})

test('a short break of the connection ends nobody’s term', async () => {
  await using cluster = await throughProxy()
  const first = stand('first', connect(cluster))
  await leads(first)
  cluster.proxy.cut()
  await new Promise((resolve) => setTimeout(resolve, TIMES.renewDeadlineMs / 2))
  cluster.proxy.restore()
  const before = (await lease()).spec?.renewTime
  await eventually(async () => expect((await lease()).spec?.renewTime).not.toBe(before))
  expect(first.happenings.map((one) => one.what)).toEqual(['lead'])
})

test('a clean stop gives the lease back at once, but not before the work has ended', async () => {
  const first = stand('first', client, 700)
  await leads(first)
  const second = stand('second')
  await eventually(() => expect(second.election.leader?.identity).toBe('first'))
  const stoppedAt = Date.now()
  await first.stop()
  await leads(second)
  expect(when(first, 'ended')).toBeLessThanOrEqual(when(second, 'lead'))
  expect(when(second, 'lead') - stoppedAt).toBeLessThan(TIMES.leaseDurationMs)
})

test('the lease is renewed while the work ends, however long that takes', async () => {
  const first = stand('first', client, TIMES.leaseDurationMs + 1500)
  await leads(first)
  const second = stand('second')
  await eventually(() => expect(second.election.leader?.identity).toBe('first'))
  await first.stop()
  await leads(second)
  expect(when(first, 'ended')).toBeLessThanOrEqual(when(second, 'lead'))
})

test('a process that comes back under its old name need not wait, and has a greater epoch', async () => {
  const killed = await startCandidateProcess(inject('kubeconfigPath'), namespace, 'pod-0')
  const diedAt = await killed.kill()
  const again = stand('pod-0')
  await leads(again)
  expect(when(again, 'lead') - diedAt).toBeLessThan(TIMES.leaseDurationMs - TIMES.retryPeriodMs)
  expect(again.happenings[0]?.epoch).toBe(killed.epoch + 1)
})

test('a label that somebody puts on the lease is kept and ends no term', async () => {
  const first = stand('first')
  await leads(first)
  await client.for(LEASE).patch('leader', namespace, { metadata: { labels: { seen: 'yes' } } })
  const before = (await lease()).spec?.renewTime
  await eventually(async () => expect((await lease()).spec?.renewTime).not.toBe(before))
  expect((await lease()).metadata.labels).toEqual({ seen: 'yes' })
  expect(first.happenings.map((one) => one.what)).toEqual(['lead'])
})

test('a lease taken by force ends the term at the next renewal', async () => {
  const first = stand('first')
  await leads(first)
  const takenAt = Date.now()
  await client
    .for(LEASE)
    .patch('leader', namespace, { spec: { holderIdentity: 'somebody', leaseTransitions: 2e9 } })
  await eventually(() => expect(first.election.isLeader).toBe(false))
  expect(Date.now() - takenAt).toBeLessThan(TIMES.renewDeadlineMs)
})

test('a deleted lease ends the term, and the next epoch is greater all the same', async () => {
  const first = stand('first')
  await leads(first)
  await client.for(LEASE).delete('leader', namespace)
  await eventually(() => expect(first.happenings.filter((one) => one.what === 'lead')).toHaveLength(2))
  const [before, after] = first.happenings.filter((one) => one.what === 'lead').map((one) => one.epoch)
  expect(after).toBeGreaterThan(before!)
})

test('work that fails ends the candidacy with its error and frees the lease', async () => {
  const election = createLeaderElection({ client, namespace, name: 'leader', identity: 'first', ...TIMES })
  const run = election.run(new AbortController().signal, async () => {
    throw new Error('a bug')
  })
  await expect(run).rejects.toThrow('a bug')
  expect((await lease()).spec?.holderIdentity).toBeFalsy()
})

test('what the leader says about itself can be read by the others', async () => {
  const stop = new AbortController()
  const annotations = { 'patchswarm.dev/address': '10.0.0.1:7443' }
  const election = createLeaderElection({
    client,
    namespace,
    name: 'leader',
    identity: 'first',
    annotations,
    ...TIMES,
  })
  const run = election.run(
    stop.signal,
    (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  )
  await eventually(() => expect(election.isLeader).toBe(true))
  const second = stand('second')
  await eventually(() => expect(second.election.leader).toMatchObject({ identity: 'first', annotations }))
  stop.abort()
  await run
})

test('a candidate that is stopped before it ever led writes nothing', async () => {
  await using cluster = await throughProxy()
  cluster.proxy.cut()
  await stand('first', connect(cluster)).stop()
  await expect(lease()).rejects.toSatisfy(isNotFound)
})
