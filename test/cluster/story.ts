// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { operatorNamespace } from '@patchswarm/api'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Provider, TestCluster } from './providers/provider.ts'
import { permissionsOf, RARE, readAudit, usedBy } from './support/audit.ts'
import { type Bystanders, digestOf, type OriginFile, startBystanders } from './support/bystanders.ts'
import { diagnosis } from './support/diagnosis.ts'
import { applyExample } from './support/examples.ts'
import { footprints, imageSizes } from './support/footprint.ts'
import { documentedKeyChange } from './support/key-change.ts'
import { type Pod, Product, until } from './support/product.ts'
import { Protocol } from './support/protocol.ts'
import { waitedRelease } from './support/waited-release.ts'

const START_MS = 30 * 60_000
const files: Record<string, OriginFile> = {
  'linux-6.6': { name: 'linux-6.6.tar.xz', size: 20_000_000, free: 20_000_000 },
  // Half of it comes before an upgrade, the other half after.
  'linux-6.8': { name: 'linux-6.8.tar.xz', size: 30_000_000, free: 15_000_000 },
}
const first = digestOf(files['linux-6.6']!)
const operator = `system:serviceaccount:${operatorNamespace}:patchswarm-operator`
const unaudited = 'the audit log of this cluster is not ours'

/** One cluster from the first `helm install` to the last `helm uninstall`; each test goes on where the one before ended. */
export async function story(provider: Provider): Promise<void> {
  const obstacle = await provider.obstacle()
  if (obstacle !== undefined) {
    test(provider.name, ({ skip }) => skip(obstacle))
    return
  }
  describe(provider.name, () => tell(provider))
}

function tell(provider: Provider): void {
  const protocol = new Protocol()
  const { step, note } = { step: protocol.step.bind(protocol), note: protocol.note.bind(protocol) }
  let cluster: TestCluster
  let product: Product
  let bystanders: Bystanders
  let granted: string[] = []

  beforeAll(async () => {
    cluster = await step('a cluster with the images on its nodes', () => provider.start())
    product = new Product(cluster)
    bystanders = await step('an origin, and an eye on every disk', () => startBystanders(cluster))
  }, START_MS)

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(await diagnosis(cluster))
  })

  afterAll(async () => {
    if (cluster) await step('the end of the cluster', () => cluster.stop())
    console.log(protocol.summary(provider.name))
  })

  test('helm install brings an operator that is ready', async () => {
    await step('helm install until ready', () => product.install(cluster.versions.previous))
    await step('helm test', () => product.selfTest())
  })

  test('the first example brings its file to every disk', async () => {
    await step('first job, from kubectl apply to Complete', async () => {
      await applyExample(cluster, bystanders, '01-one-file-to-all-nodes', files)
      await product.completed('linux-6.6')
    })
    for (const node of await product.nodes()) {
      expect(await bystanders.files(node, '/opt/patches')).toEqual({
        'linux/linux-6.6.tar.xz': { sha256: first, mode: '0644' },
      })
    }
    expect(await bystanders.originSent()).toBeLessThanOrEqual(files['linux-6.6']!.size * 1.02)
  })

  test('the second example gives it to two nodes, owner and group only', async () => {
    const nodes = await product.nodes()
    const labelled = nodes.slice(0, 2)
    for (const node of labelled) await product.kubectl('label', 'node', node, 'pool=edge')
    await step('second job, from the cache', async () => {
      await applyExample(cluster, bystanders, '02-to-a-label', files)
      await product.completed('linux-6.6-edge')
    })
    for (const node of nodes) {
      const { 'edge/linux-6.6.tar.xz': file } = await bystanders.files(node, '/opt/patches')
      expect(file).toEqual(labelled.includes(node) ? { sha256: first, mode: '0640' } : undefined)
    }
  })

  test('a job with a time to live goes by itself', async () => {
    await product.apply(passing)
    await product.kubectl('wait', 'distributionjob/passing', '--for=delete', '--timeout=60s')
  })

  test('Helm waits for the files of a job by the conditions that Flux goes by, and not for one that fails', async () => {
    await step('a release with a job', () => waitedRelease(cluster, jobOf('waited', {})))
    for (const node of await product.nodes()) {
      const { 'waited/linux-6.6.tar.xz': file } = await bystanders.files(node, '/opt/patches')
      expect(file?.sha256).toBe(first)
    }
    const nowhere = jobOf('nowhere', { delivery: { directory: '/opt/elsewhere' } })
    await expect(waitedRelease(cluster, nowhere)).rejects.toThrow(/Failed/)
  })

  test('the identities of agents and seeders can do what an unknown one can: nothing', async () => {
    const allowed = (name: string) =>
      product.kubectl(
        ...['auth', 'can-i', '--list', `--as=system:serviceaccount:${operatorNamespace}:${name}`],
        ...['--as-group=system:serviceaccounts', '--as-group=system:authenticated'],
      )
    const nobody = await allowed('nobody')
    expect(nobody).not.toMatch(/^(pods|secrets|nodes|\*)/m)
    for (const role of ['agent', 'seeder']) expect(await allowed(`patchswarm-default-${role}`)).toBe(nobody)
  })

  test('an upgrade in the middle of a job neither stops it nor has the file read again', async () => {
    const { next } = cluster.versions
    const tagOf = ({ spec }: Pod) => spec.containers[0]?.image.split(':').at(-1)
    const before = await bystanders.originSent()
    await applyExample(cluster, bystanders, '03-second-version', files)
    await until(
      () => product.job('linux-6.8'),
      ({ status }) => (status?.progressPercent ?? 0) > 10,
      'under way',
    )

    await step('helm upgrade in the middle of a job', () => product.upgrade(next))
    // New agents come from the new operator: where the profile names both versions, it is the one that old agents report to.
    const mixed = await until(
      async () => (await product.profile('default')).status?.agents?.versions ?? [],
      (versions) => versions.length > 1,
      'reporting to the new operator with agents of both versions',
    )
    note(
      `          agents at the new operator: ${mixed.map(({ version, agents }) => `${agents} of ${version}`).join(', ')}`,
    )
    await step('all agents and the seeder rolled', async () => {
      await product.rolledOut('daemonset/patchswarm-default-agent')
      await product.rolledOut('statefulset/patchswarm-default-seeder')
    })
    expect(new Set((await product.pods('patchswarm.dev/role')).map(tagOf))).toEqual(new Set([next.tag]))
    expect((await product.profile('default')).status?.agents?.versions).toEqual([
      { version: next.tag, agents: (await product.nodes()).length },
    ])

    await step('the other half of the file', async () => {
      await bystanders.releaseOrigin()
      await product.completed('linux-6.8')
    })
    const { size } = files['linux-6.8']!
    const amplification = ((await bystanders.originSent()) - before) / size
    note(`          origin read ${amplification.toFixed(3)} times`)
    expect(amplification).toBeLessThanOrEqual(1.2)
    for (const node of await product.nodes()) {
      const { 'linux/linux-6.8.tar.xz': file } = await bystanders.files(node, '/opt/patches')
      expect(file?.sha256).toBe(digestOf(files['linux-6.8']!))
    }
    for (const line of [...(await imageSizes(cluster)), ...(await footprints(cluster))])
      note(`          ${line}`)
  })

  test('the key of the operator is changed by the commands of docs/security.md, and nobody is cut off', async () => {
    const [prepare = '', learn = '', change = '', forget = ''] = await documentedKeyChange()
    const podNames = async () =>
      (await product.pods('patchswarm.dev/role')).map(({ metadata }) => metadata.name)
    const [old] = await product.pinnedKeys()
    await cluster.shell(prepare)
    await step('agents and the seeder learn the next key', () => cluster.shell(learn))
    const pinned = await product.pinnedKeys()
    expect(pinned).toHaveLength(2)
    const rolled = await podNames()
    await step('it becomes the key of the operator', () => cluster.shell(change))
    const { length } = await product.nodes()
    await until(
      async () => (await product.profile('default')).status?.agents?.connected,
      (connected) => connected === length,
      'connected anew',
    )
    expect(await podNames()).toEqual(rolled)
    await step('the old one goes', () => cluster.shell(forget))
    expect(await product.pinnedKeys()).toEqual(pinned.filter((key) => key !== old))
    await product.apply(jobOf('rekeyed', {}))
    await product.completed('rekeyed')
  })

  test('a job that keeps nodes current lives on when one is drained, and serves the one that comes', async ({
    skip,
  }) => {
    const { addNode, powerOff } = cluster
    if (!addNode || !powerOff) return skip('the nodes of this cluster are not ours')
    await product.apply(keepCurrent)
    const succeeded = (count: number) =>
      until(
        () => product.job('kept'),
        ({ status }) => status?.succeeded === count && status.desired === count,
        `delivered on ${count} nodes`,
      )
    const nodes = await product.nodes()
    await succeeded(nodes.length)
    const [seeder] = await product.pods('patchswarm.dev/role=seeder')
    const leaving = seeder?.spec.nodeName ?? ''
    await step('the node of the seeder drained and deleted', async () => {
      await product.kubectl(
        'drain',
        leaving,
        '--ignore-daemonsets',
        '--delete-emptydir-data',
        // The origin may be there, too: nobody reads it any more.
        '--force',
        '--timeout=60s',
      )
      await powerOff(leaving)
      await product.kubectl('delete', 'node', leaving)
      await product.rolledOut('statefulset/patchswarm-default-seeder')
    })
    const come = await step('one more node, until it has the file', async () => {
      const name = await addNode()
      await succeeded(nodes.length)
      await bystanders.follow()
      return name
    })
    const { 'kept/linux-6.6.tar.xz': file } = await bystanders.files(come, '/opt/patches')
    expect(file?.sha256).toBe(first)
  })

  test('the operator was never refused', async ({ skip }) => {
    if (!cluster.auditLog) return skip(unaudited)
    granted = permissionsOf(await product.rules())
    const requests = readAudit(await cluster.auditLog())
    expect(requests.filter(({ forbidden }) => forbidden)).toEqual([])
    expect(requests.filter(({ user }) => user !== operator)).toEqual([])
  })

  test('helm uninstall leaves on the nodes what was delivered, and nothing that hangs', async () => {
    const nodes = await product.nodes()
    const delivered = await Promise.all(nodes.map((node) => bystanders.files(node, '/opt/patches')))
    await step('helm uninstall', () => product.uninstall())
    await step('the last Pod gone', () =>
      until(
        // Those of a node that was deleted are Kubernetes' to collect, which takes it a minute.
        async () => (await product.pods('')).filter(({ spec }) => nodes.includes(spec.nodeName ?? '')),
        (pods) => pods.length === 0,
        'without a Pod',
      ),
    )
    for (const [index, node] of nodes.entries()) {
      expect(await bystanders.files(node, '/var/lib/patchswarm')).toEqual({})
      expect(await bystanders.files(node, '/opt/patches')).toEqual(delivered[index])
    }
    await step('all objects deleted, with no operator', () =>
      product.kubectl('delete', 'distributionjobs,patchartifacts,p2pprofiles', '--all', '--timeout=30s'),
    )
  })

  test('the operator has used all that it may do', async ({ skip }) => {
    if (!cluster.auditLog) return skip(unaudited)
    const used = new Set(readAudit(await cluster.auditLog()).flatMap(usedBy))
    expect(granted.length).toBeGreaterThan(0)
    expect(granted.filter((one) => !used.has(one) && !(one in RARE))).toEqual([])
  })
}

const jobOf = (name: string, spec: object) => ({
  apiVersion: 'patchswarm.dev/v1alpha1',
  kind: 'DistributionJob',
  metadata: { name, namespace: operatorNamespace },
  spec: { artifacts: [{ name: 'linux-6.6' }], delivery: { directory: `/opt/patches/${name}` }, ...spec },
})
const keepCurrent = jobOf('kept', { completionPolicy: 'KeepCurrent' })
const passing = jobOf('passing', { ttlSecondsAfterFinished: 1 })
