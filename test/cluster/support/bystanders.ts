// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestCluster } from '../providers/provider.ts'

/** A namespace that is not the product's: an origin, and an eye on every node's disk. */
const NAMESPACE = 'patchswarm-e2e'
const ORIGIN = `origin.${NAMESPACE}.svc.cluster.local`

/** A file that the origin serves under any such address. */
export interface OriginFile {
  name: string
  size: number
  /** So many bytes are sent at once, the others when the origin is released. */
  free: number
}

export const urlOf = ({ name, size, free }: OriginFile): string => `http://${ORIGIN}/${size}/${free}/${name}`

export const digestOf = ({ name, size }: OriginFile): string =>
  createHash('sha256')
    .update(createHash('shake256', { outputLength: size }).update(name).digest())
    .digest('hex')

/** Starts them; the product's agent image is theirs as well, since nothing else can be pulled everywhere. */
export async function startBystanders(cluster: TestCluster): Promise<Bystanders> {
  const program = await readFile(join(import.meta.dirname, 'origin-program.ts'), 'utf8')
  await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(manifests(cluster, program)))
  await cluster.kubectl(['-n', NAMESPACE, 'wait', 'pod/origin', '--for=condition=Ready', '--timeout=60s'])
  await cluster.kubectl(['-n', NAMESPACE, 'rollout', 'status', 'daemonset/eye', '--timeout=60s'])
  const service = ['-n', NAMESPACE, 'get', 'service', 'origin', '-o', 'jsonpath={.spec.clusterIP}']
  return new Bystanders(cluster, [ORIGIN, await cluster.kubectl(service)])
}

/** A file on a node's disk. */
export interface NodeFile {
  sha256: string
  /** As in the job: "0640". */
  mode: string
}

export class Bystanders {
  readonly #cluster: TestCluster
  /** What a profile has to allow for the origin to be read. */
  readonly originDomains: readonly string[]

  constructor(cluster: TestCluster, originDomains: readonly string[]) {
    this.#cluster = cluster
    this.originDomains = originDomains
  }

  /** Every file below a folder of the node's /opt or /var/lib, by its path there. */
  async files(node: string, folder: string): Promise<Record<string, NodeFile>> {
    const field = `--field-selector=spec.nodeName=${node}`
    const find = ['-n', NAMESPACE, 'get', 'pod', '-l', 'app=eye', field, '-o', 'name']
    const pod = (await this.#cluster.kubectl(find)).trim()
    const look = ['-n', NAMESPACE, 'exec', pod, '--', 'node', '--eval', LOOK, `/node${folder}`]
    return JSON.parse(await this.#cluster.kubectl(look)) as Record<string, NodeFile>
  }

  /** Bytes that the origin has sent since its start. */
  originSent = (): Promise<number> => this.#askOrigin('')

  /** Has the origin send what it holds back. */
  releaseOrigin = (): Promise<number> => this.#askOrigin('release')

  async #askOrigin(path: string): Promise<number> {
    const proxy = `/api/v1/namespaces/${NAMESPACE}/services/origin:80/proxy/`
    return Number(await this.#cluster.kubectl(['get', '--raw', `${proxy}${path}`]))
  }

  /** Until the eye of a new node is open. */
  async follow(): Promise<void> {
    await this.#cluster.kubectl(['-n', NAMESPACE, 'rollout', 'status', 'daemonset/eye', '--timeout=60s'])
  }
}

const LOOK = `
const { createHash } = require('node:crypto'), fs = require('node:fs'), path = require('node:path')
const root = process.argv[1], found = {}
for (const entry of fs.existsSync(root) ? fs.readdirSync(root, { recursive: true, withFileTypes: true }) : []) {
  if (!entry.isFile()) continue
  const file = path.join(entry.parentPath, entry.name)
  const mode = '0' + (fs.statSync(file).mode & 0o777).toString(8)
  found[path.relative(root, file)] = { sha256: createHash('sha256').update(fs.readFileSync(file)).digest('hex'), mode }
}
console.log(JSON.stringify(found))`

function manifests({ versions }: TestCluster, program: string): object {
  const container = {
    image: `${versions.registry}/agent:${versions.previous.tag}`,
    imagePullPolicy: versions.pullPolicy,
    command: ['node'],
  }
  const metadata = (name: string) => ({ name, namespace: NAMESPACE, labels: { app: name } })
  const hostPath = (path: string) => ({ name: path.slice(1).replace('/', '-'), hostPath: { path } })
  const seen = ['/opt', '/var/lib']
  const eye = {
    // An eye on nodes that nobody drains or spares.
    tolerations: [{ operator: 'Exists' }],
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        ...container,
        name: 'eye',
        args: ['--eval', 'setInterval(() => undefined, 1e9)'],
        volumeMounts: seen.map((path) => ({
          name: hostPath(path).name,
          mountPath: `/node${path}`,
          readOnly: true,
        })),
      },
    ],
    volumes: seen.map(hostPath),
  }
  const origin = {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        ...container,
        name: 'origin',
        args: ['/program/origin.ts'],
        ports: [{ containerPort: 8080 }],
        readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
        volumeMounts: [{ name: 'program', mountPath: '/program' }],
      },
    ],
    volumes: [{ name: 'program', configMap: { name: 'origin' } }],
  }
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('origin'), data: { 'origin.ts': program } },
    { apiVersion: 'v1', kind: 'Pod', metadata: metadata('origin'), spec: origin },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata('origin'),
      spec: { selector: { app: 'origin' }, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: metadata('eye'),
      spec: {
        selector: { matchLabels: { app: 'eye' } },
        template: { metadata: { labels: { app: 'eye' } }, spec: eye },
      },
    },
  ]
  return { apiVersion: 'v1', kind: 'List', items }
}
