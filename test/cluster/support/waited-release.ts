// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { operatorNamespace } from '@patchswarm/api'
import type { TestCluster } from '../providers/provider.ts'

/**
 * Installs an object by a chart of its own and waits, as Helm does and Flux with the same code (kstatus), until it is
 * as it should be; then the release goes again.
 *
 * @throws when its conditions say that it never will be
 */
export async function waitedRelease(
  { helm }: TestCluster,
  object: { metadata: { name: string } },
): Promise<void> {
  const chart = await mkdtemp(join(tmpdir(), 'patchswarm-e2e-chart-'))
  const release = [object.metadata.name, '-n', operatorNamespace]
  try {
    await mkdir(join(chart, 'templates'))
    await writeFile(
      join(chart, 'Chart.yaml'),
      JSON.stringify({ apiVersion: 'v2', name: 'files', version: '1.0.0' }),
    )
    await writeFile(join(chart, 'templates', 'object.yaml'), JSON.stringify(object))
    await helm(['install', ...release, chart, '--wait=watcher', '--timeout', '60s'])
  } finally {
    await helm(['uninstall', ...release])
    await rm(chart, { recursive: true })
  }
}
