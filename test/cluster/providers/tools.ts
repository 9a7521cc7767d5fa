// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { delimiter, dirname } from 'node:path'
import { findBinaries } from '../../../lab/src/control-plane/index.ts'
import { findHelm } from '../../../lab/src/helm/index.ts'
import { run } from '../../../lab/src/process/index.ts'
import { buildLog } from '../support/build-log.ts'
import type { TestCluster } from './provider.ts'

/** kubectl and helm for a cluster that a kubeconfig leads to. */
export async function toolsFor(kubeconfig: string): Promise<Pick<TestCluster, 'kubectl' | 'helm' | 'shell'>> {
  const { kubectl } = await findBinaries({ names: [], log: buildLog })
  const helm = await findHelm(buildLog)
  const path = [dirname(kubectl), process.env.PATH].join(delimiter)
  const env = { ...process.env, PATH: path, KUBECONFIG: kubeconfig }
  return {
    kubectl: (args, input) => run(kubectl, args, { env, ...(input !== undefined && { input }) }),
    helm: (args) => run(helm, args, { env }),
    shell: (script) => run('bash', ['-euo', 'pipefail', '-c', script], { env }),
  }
}
