// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { run } from '../../../lab/src/process/index.ts'
import { inDocker } from './docker.ts'

const image = 'kindest/node:v1.36.0'
const nodes = `
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes: [{ role: control-plane }, { role: worker }, { role: worker }]
`

/** Kubernetes in Docker: three nodes as containers. */
export const kind = inDocker({
  name: 'kind',
  image,
  program: 'kind',
  async create() {
    const named = ['--name', `patchswarm-e2e-${process.pid}`]
    const options = [...named, '--image', image, '--wait', '120s', '--config', '-']
    const remove = () => run('kind', ['delete', 'cluster', ...named])
    try {
      // The user's own kubeconfig is not to change.
      await run('kind', ['create', 'cluster', ...options, '--kubeconfig', '/dev/null'], { input: nodes })
      return {
        kubeconfig: await run('kind', ['get', 'kubeconfig', ...named]),
        load: (archive) => run('kind', ['load', 'image-archive', archive, ...named]),
        remove,
      }
    } catch (error) {
      await remove()
      throw error
    }
  },
})
