// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { setTimeout as sleep } from 'node:timers/promises'
import { docker, inDocker } from './docker.ts'

const image = 'rancher/k3s:v1.36.1-k3s1'
const TRIES = 120

/**
 * One node of k3s in a container. What `@testcontainers/k3s` would do takes the four commands below, and it brings 170
 * packages, three of them with install scripts.
 */
export const k3s = inDocker({
  name: 'k3s',
  image,
  async create(id) {
    const options = ['--detach', '--privileged', '--publish', '127.0.0.1::6443', '--tmpfs', '/run']
    await docker('run', '--name', id, ...options, image, 'server', '--disable=traefik,metrics-server')
    const port = (await docker('port', id, '6443')).trim().split(':').at(-1)
    for (let tries = 1; ; tries++) {
      try {
        await docker('exec', id, 'kubectl', 'wait', 'node', '--all', '--for=condition=Ready', '--timeout=60s')
        const config = await docker('exec', id, 'cat', '/etc/rancher/k3s/k3s.yaml')
        return config.replace(':6443', `:${port}`)
      } catch (error) {
        if (tries === TRIES) throw error
        await sleep(1000)
      }
    }
  },
  async load(id, archive) {
    await docker('cp', archive, `${id}:/images.tar`)
    await docker('exec', id, 'ctr', 'images', 'import', '/images.tar')
  },
  remove: (id) => docker('rm', '--force', '--volumes', id),
})
