// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { K3sContainer } from '@testcontainers/k3s'
import { inDocker } from './docker.ts'

const image = 'rancher/k3s:v1.36.1-k3s1'

/** One node of k3s in a container, which Testcontainers removes however the test ends. */
export const k3s = inDocker({
  name: 'k3s',
  image,
  async create() {
    const container = await new K3sContainer(image)
      .withCommand(['server', '--disable=traefik,metrics-server'])
      .start()
    return {
      kubeconfig: container.getKubeConfig(),
      async load(archive) {
        await container.copyFilesToContainer([{ source: archive, target: '/images.tar' }])
        const { exitCode, output } = await container.exec(['ctr', 'images', 'import', '/images.tar'])
        if (exitCode !== 0) throw new Error(`${archive} was not imported: ${output}`)
      },
      remove: () => container.stop(),
    }
  },
})
