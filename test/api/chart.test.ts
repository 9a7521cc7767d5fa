// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type KubeClient, loadKubeConfig } from '@patchswarm/kube'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { findBinaries, startControlPlane } from '../../lab/src/control-plane/index.ts'
import { builtHelm } from '../../lab/src/helm/index.ts'
import { run } from '../../lab/src/process/index.ts'
import { inRepository } from '../../lab/src/repository.ts'
import { rendered } from '../../scripts/chart/render.ts'
import { silent } from './support/cluster.ts'

interface Manifest {
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
  // biome-ignore lint/suspicious/noExplicitAny: of every kind.
  spec: any
}

const helm = await builtHelm()
if (helm === undefined)
  console.log('the chart is not tested: lab/src/helm/main.ts builds Helm where there is Go')

const chart = inRepository('charts/patchswarm')
const runHelm = (...args: string[]) => run(helm ?? '', args)
const render = async (...options: string[]): Promise<Manifest[]> => {
  const text = await runHelm('template', 'release', chart, '--namespace', 'somewhere', ...options)
  return parseAllDocuments(text).flatMap((document) => (document.toJS() as Manifest | null) ?? [])
}
const names = (manifests: Manifest[]) => manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
const find = (manifests: Manifest[], name: string) => manifests.find((one) => names([one])[0] === name)

/** Values that switch everything on. */
const everything = {
  image: { registry: 'registry.example.com:5000/team', tag: '1.2.3', pullSecrets: ['login'] },
  operator: {
    replicas: 3,
    tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    nodeSelector: { pool: 'control' },
    affinity: { nodeAffinity: {} },
    priorityClassName: 'system-cluster-critical',
    podLabels: { team: 'edge' },
    podAnnotations: { 'example.com/note': 'text' },
  },
  agents: { priorityClassName: 'system-node-critical' },
  commonLabels: { owner: 'platform' },
  defaultProfile: { create: true, spec: { transport: { port: 4101 }, cache: { maxSize: '20Gi' } } },
  clusterCIDRs: ['10.244.0.0/16', 'fd00::/48'],
  originSecrets: { namespaces: ['default'] },
  handOver: { enabled: true },
  networkPolicy: { metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }] },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  podMonitor: { enabled: true },
}

describe.skipIf(helm === undefined)('the chart', () => {
  let directory: string
  let values: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'patchswarm-chart-'))
    values = join(directory, 'everything.json')
    await writeFile(values, JSON.stringify(everything))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  test.for([['its defaults'], ['everything switched on']])('passes lint with %s', async ([which]) => {
    const options = which === 'its defaults' ? [] : ['--values', values]
    expect(await runHelm('lint', '--strict', chart, ...options)).toContain('0 chart(s) failed')
  })

  test('deploy/ is what it renders', async () => {
    for (const [name, text] of await rendered(helm ?? '', inRepository())) {
      expect(await readFile(inRepository('deploy', name), 'utf8'), `deploy/${name}`).toBe(text)
    }
  })

  test('deploy/ is a kustomize base whose image can be exchanged', async () => {
    const { kubectl } = await findBinaries({ names: [], log: silent })
    const overlay = join(inRepository('deploy'), '..', 'dist', 'kustomize-test')
    await mkdir(overlay, { recursive: true })
    onTestFinished(() => rm(overlay, { recursive: true }))
    await writeFile(
      join(overlay, 'kustomization.yaml'),
      'resources: [../../deploy]\nimages: [{ name: ghcr.io/patchswarm/operator, newName: example.com/operator }]\n',
    )
    const made = await run(kubectl, ['kustomize', overlay])
    const plain = await readFile(inRepository('deploy/install.yaml'), 'utf8')
    expect(made.match(/^kind:/gm)).toHaveLength(plain.match(/^kind:/gm)?.length ?? 0)
    expect(made).toContain('image: example.com/operator:')
  })

  test('names images by registry, name, tag and digest, for the operator and for its agents', async () => {
    const digest = `sha256:${'ab'.repeat(32)}`
    const manifests = await render('--values', values, '--set', `image.agent.digest=${digest}`)
    const { spec } = find(manifests, 'Deployment patchswarm-operator')?.spec.template ?? {}
    expect(spec.containers[0].image).toBe('registry.example.com:5000/team/operator:1.2.3')
    expect(spec.imagePullSecrets).toEqual([{ name: 'login' }])
    expect(spec.containers[0].env).toEqual(
      expect.arrayContaining([
        { name: 'PATCHSWARM_AGENT_IMAGE', value: `registry.example.com:5000/team/agent:1.2.3@${digest}` },
        { name: 'PATCHSWARM_AGENT_PULL_SECRETS', value: 'login' },
        { name: 'PATCHSWARM_AGENT_PRIORITY_CLASS', value: 'system-node-critical' },
        { name: 'PATCHSWARM_CLUSTER_CIDRS', value: '10.244.0.0/16,fd00::/48' },
        { name: 'PATCHSWARM_TRACKER_ADDRESS', value: 'patchswarm-tracker.somewhere.svc:7443' },
      ]),
    )
  })

  test('brings nothing that nobody has asked for, and all that was', async () => {
    const optional = [
      'ClusterRole patchswarm-operator-hand-over',
      'ServiceMonitor patchswarm-operator',
      'PodMonitor patchswarm-agents',
      'Job patchswarm-default-profile',
      'RoleBinding patchswarm-origin-secrets',
    ]
    const [few, many] = [names(await render()), names(await render('--values', values))]
    expect(optional.filter((name) => few.includes(name))).toEqual([])
    expect(optional.filter((name) => !many.includes(name))).toEqual([])
    const off = ['crds.install', 'networkPolicy.enabled', 'podDisruptionBudget.enabled']
    const without = names(await render('--set', off.map((one) => `${one}=false`).join(',')))
    expect(without.filter((name) => /CustomResource|NetworkPolicy|Disruption/.test(name))).toEqual([])
  })

  test('lets no Pod of its own run as root, write to its image or gain privileges', async () => {
    const pods = (await render('--values', values)).flatMap(({ kind, spec }) =>
      kind === 'Pod' ? [spec] : (spec?.template?.spec ?? []),
    )
    expect(pods).toHaveLength(4)
    for (const { securityContext, containers } of pods) {
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    }
  })

  test.for([
    ['operator.replica=3', "at '/operator': additional properties 'replica' not allowed"],
    ['operator.replicas=two', "at '/operator/replicas': got string, want integer"],
    ['operator.replicas=0', "at '/operator/replicas': minimum: got 0, want 1"],
    ['operator.logLevel=loud', "at '/operator/logLevel': value must be one of"],
    ['image.pullPolicy=Sometimes', "at '/image/pullPolicy': value must be one of"],
    ['image.operator.digest=latest', "at '/image/operator/digest': 'latest' does not match pattern"],
    ['clusterCIDRs={10.244.0.0}', "at '/clusterCIDRs/0': '10.244.0.0' does not match pattern"],
    [
      'defaultProfile.spec.cache.maxsize=1Gi',
      "at '/defaultProfile/spec/cache': additional properties 'maxsize'",
    ],
    ['defaultProfile.spec.transport.port=70000', "at '/defaultProfile/spec/transport/port': maximum"],
    [
      'networkPolicy.metricsFrom[0].podselector.a=b',
      "at '/networkPolicy/metricsFrom/0': additional properties",
    ],
    ['monitoring=true', "at '': additional properties 'monitoring' not allowed"],
  ] as const)('refuses %s and names the field', async ([set, sentence]) => {
    await expect(runHelm('template', 'release', chart, '--set', set)).rejects.toThrow(sentence)
  })

  describe('on an API server', () => {
    let client: KubeClient
    let kubeconfig: string[]
    const cleanUp = new AsyncDisposableStack()
    const release = () => ['patchswarm', '--namespace', 'patchswarm-system', ...kubeconfig]
    const crd = (): Promise<{ spec: { versions: { schema: object }[] } }> =>
      client.request(
        'GET',
        '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/p2pprofiles.patchswarm.dev',
      )

    beforeAll(async () => {
      const plane = await startControlPlane({
        directory: await mkdtemp(join(directory, 'plane-')),
        components: [],
        log: silent,
      })
      cleanUp.defer(() => plane.stop())
      client = createClient({ kubeConfig: loadKubeConfig(plane.kubeconfigPath), fieldManager: 'test' })
      kubeconfig = ['--kubeconfig', plane.kubeconfigPath]
    })
    afterAll(() => cleanUp.disposeAsync())

    test('installs, brings new fields of CRDs with an upgrade, and keeps the CRDs when it goes', async () => {
      const older = join(directory, 'older')
      await cp(chart, older, { recursive: true })
      const file = join(older, 'files/crds/patchswarm.dev_p2pprofiles.yaml')
      const now = await readFile(file, 'utf8')
      await writeFile(file, now.replace(/^( +)siteLabel:/m, '$1former: { type: string }\n$&'))
      // Nobody runs the Jobs of hooks here, nor knows the Prometheus Operator's kinds.
      const options = [
        '--values',
        values,
        '--no-hooks',
        '--set',
        'serviceMonitor.enabled=false,podMonitor.enabled=false',
      ]
      await runHelm(
        'install',
        release()[0] ?? '',
        older,
        ...release().slice(1),
        '--create-namespace',
        ...options,
      )
      expect(JSON.stringify(await crd())).toContain('"former":')
      await runHelm('upgrade', release()[0] ?? '', chart, ...release().slice(1), ...options)
      expect(JSON.stringify(await crd())).not.toContain('"former":')
      await runHelm('uninstall', ...release(), '--no-hooks')
      expect((await crd()).spec.versions).toHaveLength(1)
    })
  })
})
