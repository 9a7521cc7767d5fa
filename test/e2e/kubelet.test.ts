// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DAEMON_SET, type DaemonSet, POD, type Pod } from '@patchswarm/kube'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster } from '../../lab/src/cluster/index.ts'
import { createLoopbackNetwork } from '../../lab/src/network/index.ts'

/** Answers its environment and the claims of its token, and ends with 3 when asked to. */
const PROGRAM = `
const { readFileSync } = require('node:fs')
const { createServer } = require('node:http')
const token = readFileSync(process.env.TOKEN_FILE, 'utf8')
const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
createServer((request, response) => {
  if (request.url === '/end') process.exit(3)
  response.end(JSON.stringify({ claims, env: process.env }))
}).listen(8080, process.env.ADDRESS)
process.on('SIGTERM', () => process.exit(0))
`
const IMAGE = 'patchswarm.local/test:1'

let directory: string
let cluster: Cluster

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patchswarm-kubelet-'))
  cluster = await startCluster({
    directory,
    network: createLoopbackNetwork(Math.random),
    images: { [IMAGE]: { entrypoint: [process.execPath, '-e', PROGRAM] } },
    log: pino({ level: 'warn' }),
  })
  for (const name of ['n1', 'n2', 'n3']) {
    const node = await cluster.addNode(name)
    if (name !== 'n3') await mkdir(join(node.root, 'srv/given'), { recursive: true })
  }
  await cluster.client.for(DAEMON_SET).create(daemonSet())
}, 120_000)

afterAll(async () => {
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
})

describe('the process kubelet', () => {
  test('runs a Pod of a DaemonSet on every node until all are ready', async () => {
    await until(async () => (await status())?.numberReady === 3)
    const pods = await listPods()
    expect(pods.map(({ spec }) => spec.nodeName).toSorted()).toEqual(['n1', 'n2', 'n3'])
    for (const pod of pods) {
      expect(pod.status?.phase).toBe('Running')
      expect(pod.status?.podIP).toBe(cluster.nodes.get(pod.spec.nodeName!)?.address)
    }
  })

  test('gives each container the fields of its Pod, its volumes and a token that names its node', async () => {
    for (const pod of await listPods()) {
      const node = cluster.nodes.get(pod.spec.nodeName!)!
      const { claims, env } = await ask(node.address)
      expect(claims.aud).toEqual(['patchswarm'])
      expect(claims['kubernetes.io']).toMatchObject({
        namespace: 'default',
        node: { name: node.name },
        pod: { name: pod.metadata.name, uid: pod.metadata.uid },
      })
      expect(env.NODE).toBe(node.name)
      expect(env.GREETING).toBe(`from ${node.name}`)
      expect(env.ROOTS).toBe(`/srv/given=${node.root}/srv/given`)
      expect(env.CACHE).toBe(join(node.root, 'var/lib/made/cache'))
    }
  })

  test('makes a host path only when it may', async () => {
    const paths = (name: string) => {
      const { root } = cluster.nodes.get(name)!
      return Promise.all(['srv/given', 'var/lib/made'].map((path) => exists(join(root, path))))
    }
    expect(await paths('n1')).toEqual([true, true])
    expect(await paths('n3')).toEqual([false, true])
  })

  test('starts a container again when it ends, and says so', async () => {
    const node = cluster.nodes.get('n1')!
    await fetch(`http://${node.address}:8080/end`).catch(() => undefined)
    await until(async () => restarts(await podOn('n1')) === 1 && (await status())?.numberReady === 3)
    expect((await ask(node.address)).env.NODE).toBe('n1')
  })

  test('replaces a deleted Pod by one with another uid', async () => {
    const before = await podOn('n2')
    await cluster.client.for(POD).delete(before!.metadata.name, 'default')
    await until(async () => {
      const now = await podOn('n2')
      return (
        now !== undefined && now.metadata.uid !== before!.metadata.uid && (await status())?.numberReady === 3
      )
    })
    const { claims } = await ask(cluster.nodes.get('n2')!.address)
    expect(claims['kubernetes.io'].pod.uid).toBe((await podOn('n2'))!.metadata.uid)
  })

  test('leaves no Pod and no process when the DaemonSet goes', async () => {
    await cluster.client.for(DAEMON_SET).delete('probe', 'default')
    await until(async () => (await listPods()).length === 0)
    for (const { address } of cluster.nodes.values()) await expect(ask(address)).rejects.toThrow()
  })
})

function daemonSet(): DaemonSet {
  const labels = { app: 'probe' }
  return {
    metadata: { name: 'probe', namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: 'default',
          automountServiceAccountToken: false,
          hostNetwork: true,
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name: 'probe',
              image: IMAGE,
              env: [
                { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
                { name: 'ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
                { name: 'GREETING', value: 'from $(NODE)' },
                { name: 'TOKEN_FILE', value: '/token/it' },
                { name: 'CACHE', value: '/made/cache' },
                { name: 'ROOTS', value: '/srv/given=/srv/given' },
              ],
              volumeMounts: [
                { name: 'token', mountPath: '/token' },
                { name: 'made', mountPath: '/made' },
                { name: 'given', mountPath: '/srv/given' },
              ],
              readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
            },
          ],
          volumes: [
            {
              name: 'token',
              projected: {
                sources: [
                  { serviceAccountToken: { audience: 'patchswarm', expirationSeconds: 600, path: 'it' } },
                ],
              },
            },
            { name: 'made', hostPath: { path: '/var/lib/made', type: 'DirectoryOrCreate' } },
            { name: 'given', hostPath: { path: '/srv/given' } },
          ],
        },
      },
    },
  }
}

const status = async () => (await cluster.client.for(DAEMON_SET).get('probe', 'default')).status
const listPods = () => cluster.client.for(POD).list({ namespace: 'default', labelSelector: 'app=probe' })
const podOn = async (node: string) =>
  (await listPods()).find(({ spec, metadata }) => spec.nodeName === node && !metadata.deletionTimestamp)
const restarts = (pod: Pod | undefined) =>
  (pod?.status as { containerStatuses?: { restartCount: number }[] } | undefined)?.containerStatuses?.[0]
    ?.restartCount
const exists = (path: string) => readFile(path).then(Boolean, (error) => error.code === 'EISDIR')

interface Answer {
  claims: { aud: string[]; 'kubernetes.io': { pod: { uid: string } } }
  env: Record<string, string>
}
const ask = async (address: string): Promise<Answer> =>
  (await (await fetch(`http://${address}:8080/`)).json()) as Answer

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await condition()) return
    await sleep(100)
  }
  throw new Error('it did not happen within 30 s')
}
