// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { operatorNamespace } from '@patchswarm/api'
import type { TestCluster } from '../providers/provider.ts'

interface Pod {
  metadata: { name: string; labels: Record<string, string> }
  status: {
    conditions: { type: string; status: string; lastTransitionTime: string }[]
    containerStatuses: { state: { running?: { startedAt: string } } }[]
  }
}

/** One line for every Pod of the product: resident memory of its program, and how long it took from its start to ready. */
export async function footprints(cluster: TestCluster): Promise<string[]> {
  const list = await cluster.kubectl(['-n', operatorNamespace, 'get', 'pods', '-o', 'json'])
  const { items } = JSON.parse(list) as { items: Pod[] }
  return await Promise.all(items.map((pod) => footprintOf(cluster, pod)))
}

async function footprintOf(cluster: TestCluster, { metadata, status }: Pod): Promise<string> {
  const read = "/VmRSS:\\s+(\\d+)/.exec(require('fs').readFileSync('/proc/1/status', 'utf8'))[1]"
  const show = ['-n', operatorNamespace, 'exec', metadata.name, '--', 'node', '--print', read]
  const kilobytes = Number(await cluster.kubectl(show))
  const ready = status.conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? ''
  const started = status.containerStatuses[0]?.state.running?.startedAt ?? ''
  const seconds = (Date.parse(ready) - Date.parse(started)) / 1000
  return `${metadata.name.padEnd(40)} ${Math.round(kilobytes / 1024)} MiB RSS, ready ${seconds} s after its start`
}

/** One line for every image of this version on a node. */
export async function imageSizes(cluster: TestCluster): Promise<string[]> {
  const { registry, next } = cluster.versions
  const images = await cluster.kubectl(['get', 'nodes', '-o', 'jsonpath={.items[0].status.images}'])
  return (JSON.parse(images) as { names: string[]; sizeBytes: number }[]).flatMap(({ names, sizeBytes }) => {
    const name = names.find((one) => one.startsWith(`${registry}/`) && one.endsWith(`:${next.tag}`))
    return name ? [`${name.padEnd(40)} ${Math.round(sizeBytes / 1e6)} MB compressed`] : []
  })
}
