// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { KubeConfig } from '@kubernetes/client-node'

export type { KubeConfig }

/** There is no usable kubeconfig and no ServiceAccount either. */
export class KubeConfigError extends Error {
  override name = 'KubeConfigError'
}

/**
 * How to reach the API server: the kubeconfig at `path`, or the Pod's own ServiceAccount when there is no path.
 *
 * @throws KubeConfigError when the file cannot be read, or this is no Pod.
 */
export function loadKubeConfig(path?: string): KubeConfig {
  const kubeConfig = new KubeConfig()
  try {
    if (path) kubeConfig.loadFromFile(path)
    else kubeConfig.loadFromCluster()
  } catch (cause) {
    throw new KubeConfigError(`cannot read the kubeconfig ${path ?? 'of this Pod'}: ${messageOf(cause)}`, {
      cause,
    })
  }
  const server = kubeConfig.getCurrentCluster()?.server
  if (!server || !URL.canParse(server) || server.includes('//undefined:')) {
    throw new KubeConfigError(
      path
        ? `the kubeconfig ${path} has no current-context with a cluster: choose one with kubectl config use-context`
        : 'no kubeconfig given and this is no Pod with a ServiceAccount: set KUBECONFIG to the path of one',
    )
  }
  return kubeConfig
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
