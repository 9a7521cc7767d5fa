// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { bothVersions } from '../support/images.ts'
import type { Provider } from './provider.ts'
import { toolsFor } from './tools.ts'

const { PATCHSWARM_E2E_KUBECONFIG: kubeconfig, PATCHSWARM_E2E_IMAGES: images } = process.env

/** Any cluster: by a variable of our own, since a KUBECONFIG may lead to one that nobody wants to test on. */
export const given: Provider = {
  name: 'the cluster of PATCHSWARM_E2E_KUBECONFIG',
  obstacle() {
    if (!kubeconfig) return Promise.resolve('PATCHSWARM_E2E_KUBECONFIG names no kubeconfig')
    const [, registry, previous, next] = /^(.+) (\S+) (\S+)$/.exec(images ?? '') ?? []
    return Promise.resolve(
      registry && previous && next ? undefined : 'PATCHSWARM_E2E_IMAGES must be "REGISTRY PREVIOUS-TAG TAG"',
    )
  },
  async start() {
    const [registry = '', previous = '', next = ''] = images?.split(' ') ?? []
    return {
      ...(await toolsFor(kubeconfig ?? '')),
      versions: { registry, pullPolicy: 'IfNotPresent', ...(await bothVersions(previous, next)) },
      stop: () => Promise.resolve(),
    }
  },
}
