// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { join } from 'node:path'
import { run } from '../../lab/src/process/index.ts'

const header = `# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# Rendered from charts/patchswarm by \`npm run generate\`: change that.
`

/** The chart makes none: Helm's --create-namespace does. */
const namespace = `---
apiVersion: v1
kind: Namespace
metadata:
  name: patchswarm-system
  labels:
    # Agents use the host network and host paths.
    pod-security.kubernetes.io/enforce: privileged
`

/** The files of deploy/ by name, for those who do not want Helm: what the chart gives with its defaults. */
export async function rendered(helm: string, root: string): Promise<[name: string, text: string][]> {
  const template = async (...options: string[]) => {
    const release = ['template', 'patchswarm', join(root, 'charts/patchswarm')]
    return await run(helm, [...release, '--namespace', 'patchswarm-system', ...options])
  }
  const handOver = ['--set', 'handOver.enabled=true', '--show-only', 'templates/rbac-hand-over.yaml']
  return [
    ['install.yaml', header + namespace + (await template('--no-hooks'))],
    ['rbac-hand-over.yaml', header + (await template(...handOver))],
    ['uninstall.yaml', header + (await template('--show-only', 'templates/uninstall.yaml'))],
  ]
}
