// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import { distributionJobs, operatorNamespace, patchArtifacts } from '@patchswarm/api'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createFleet, simulate } from '../../lab/src/simulated-agents/index.ts'
import { type CuttableCluster, throughProxy } from './support/cluster.ts'
import { type OperatorCluster, startOperatorCluster } from './support/operator/cluster.ts'
import { keepLedger, type Ledger } from './support/operator/ledger.ts'
import { createArtifact, createJob, rowsOf, until } from './support/operator/objects.ts'
import { type OperatorProcess, startOperator } from './support/operator/operator-process.ts'

/**
 * All that can happen to an operator in the middle of one job: two replicas, 200 agents, and a way to the API server that is
 * cut: until the leader has given up, ten seconds after its last renewal, and with `make outage` for a whole minute.
 */
const awayMs = Number(process.env.PATCHSWARM_OUTAGE_SECONDS ?? 0) * 1000
const nodes = 200
const maxConcurrent = 20
/** 200 agents that all come back within half a second leave a busy machine no time to answer any of them. */
const pace = { deliveryMs: 100, backoff: { baseMs: 100, capMs: 1000 } }

let cluster: OperatorCluster
let way: CuttableCluster
let leader: OperatorProcess
let standby: OperatorProcess
let ledger: Ledger
const ending = new AbortController()
/** IDs of the deliveries in every desired state that came, by node. */
const listed: string[][][] = []
const cleanUp = new AsyncDisposableStack()

beforeAll(async () => {
  cluster = cleanUp.use(await startOperatorCluster([]))
  cleanUp.defer(() => ending.abort())
  way = cleanUp.use(await throughProxy(cluster.operatorKubeconfig))
  leader = cleanUp.use(await startOperator(way.kubeconfigPath, 'operator-0'))
  standby = cleanUp.use(await startOperator(way.kubeconfigPath, 'operator-1', leader.trackerAddress))
  const trackers = [leader.trackerAddress, standby.trackerAddress]
  const fleet = await createFleet(cluster.client, { profile: 'outages', nodes, trackers })
  for (const one of fleet) {
    const agent = simulate(one, pace)
    cleanUp.defer(() => agent.stop())
    if (one.role === 'agent') {
      const history: string[][] = []
      listed.push(history)
      agent.onDesired(({ deliveries }) => history.push(deliveries.map(({ id }) => id)))
    }
    agent.start()
  }
  await createArtifact(cluster.client, 'patch', { profile: 'outages' })
  await until(() => cluster.client.for(patchArtifacts).get('patch', operatorNamespace), 'True Seeded')
  ledger = await keepLedger(cluster.client, ending.signal)
}, 180_000)
afterAll(() => cleanUp.disposeAsync(), 120_000)

const deliveredOn = (count: number) =>
  vi.waitFor(() => expect(ledger.delivered.size).toBeGreaterThanOrEqual(count), {
    timeout: 120_000,
    interval: 20,
  })
const said = (operator: OperatorProcess, message: string) =>
  operator.log.filter(({ msg }) => msg === message).length
/** It may have led before: where everything takes long, one that was killed does not come back in time. */
const leads = (operator: OperatorProcess): boolean =>
  said(operator, 'leading') > said(operator, 'no longer leading')
const untilLeads = (operator: OperatorProcess) =>
  vi.waitFor(() => expect(leads(operator)).toBe(true), { timeout: 120_000, interval: 50 })
const says = (operator: OperatorProcess, message: string) => {
  const before = said(operator, message)
  return () =>
    vi.waitFor(() => expect(said(operator, message)).toBeGreaterThan(before), {
      timeout: 120_000,
      interval: 50,
    })
}

test('whatever happens to operators and API server, counts stay right and every node gets its file once', async () => {
  await createJob(cluster.client, 'patch-all', { artifacts: [{ name: 'patch' }], rollout: { maxConcurrent } })

  // The leader is killed, and comes back.
  await deliveredOn(30)
  await leader.restart()

  // It goes, and the other one leads.
  await deliveredOn(70)
  await leader.stop()
  await untilLeads(standby)

  // Its watches and calls break.
  await deliveredOn(110)
  way.proxy.cut()
  way.proxy.restore()

  // The API server is away for so long that the leader gives up.
  await deliveredOn(150)
  // Where everything takes long it may just have lost the lease: then it would not give it up once more.
  await untilLeads(standby)
  const [givesUp, leadsAgain] = [says(standby, 'no longer leading'), says(standby, 'leading')]
  const wholeOutage = sleep(awayMs)
  way.proxy.cut()
  await Promise.all([givesUp(), wholeOutage])
  way.proxy.restore()
  await leadsAgain()

  const done = await until(
    () => cluster.client.for(distributionJobs).get('patch-all', operatorNamespace),
    'True Completed',
    120_000,
  )
  expect(done.status).toMatchObject({
    desired: nodes,
    succeeded: nodes,
    waiting: 0,
    active: 0,
    failed: 0,
    skipped: 0,
  })

  const rows = await rowsOf(cluster.client, 'patch-all')
  expect(new Set(rows.map(({ spec }) => spec.nodeName)).size).toBe(nodes)
  expect(rows).toHaveLength(nodes)
  expect(rows.every(({ status }) => status?.state === 'Delivered' && status.attempt === undefined)).toBe(true)
  expect(ledger.undone.size).toBe(0)
  expect(Math.max(...ledger.atWork)).toBe(maxConcurrent)

  const counted = ledger.jobs.filter(({ desired }) => desired !== undefined)
  for (const { waiting = 0, active = 0, succeeded = 0, ...others } of counted) {
    expect(waiting + active + succeeded).toBe(nodes)
    expect(others).toMatchObject({ desired: nodes, failed: 0, skipped: 0 })
    expect(active).toBeLessThanOrEqual(maxConcurrent)
  }
  const succeeded = counted.map((one) => one.succeeded ?? 0)
  expect(succeeded).toEqual(succeeded.toSorted((a, b) => a - b))

  // Each agent was given one delivery, and not again after it was taken off its list.
  for (const history of listed) {
    expect(new Set(history.flat()).size).toBe(1)
    const turns = history.map((ids) => ids.length).filter((count, at, all) => count !== all[at - 1])
    expect(turns.join().replace(/^0,/, '')).toMatch(/^1(,0)?$/)
  }
}, 300_000)
