// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { KubeClient } from './client.ts'
import { KubeError, type Status } from './kube-error.ts'
import { collectionPath, query } from './paths.ts'
import type { KubeObject, ListOptions, Resource } from './types.ts'

export type WatchEvent<T extends KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; object: { metadata: { resourceVersion: string } } }

type RawEvent<T extends KubeObject> = WatchEvent<T> | { type: 'ERROR'; object: Status }

export interface WatchOptions extends ListOptions {
  resourceVersion: string
  /** The server ends the watch after this; a server that does not is left a little later. */
  timeoutSeconds: number
}

/** How long past its time a watch may go on before we end it. */
const GRACE_MS = 30_000

/**
 * The changes after `resourceVersion`; returns when the server ends the watch, as it does from time to time.
 *
 * @throws KubeError when it is refused or breaks off, 410 when the version is too old.
 */
export async function* watch<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>> {
  const { namespace, ...parameters } = options
  const path =
    collectionPath(resource, namespace) + query({ ...parameters, watch: true, allowWatchBookmarks: true })
  const overdue = AbortSignal.timeout(options.timeoutSeconds * 1000 + GRACE_MS)
  try {
    const lines = await client.stream(path, AbortSignal.any([signal, overdue]))
    for await (const line of lines) {
      const event = JSON.parse(line) as RawEvent<T>
      if (event.type === 'ERROR') throw errorOf(event.object)
      yield event
    }
  } catch (error) {
    if (overdue.aborted && !signal.aborted) {
      throw new KubeError(0, 'Timeout', `watch of ${resource.plural}: the server did not end it in time`, {
        cause: error,
      })
    }
    throw error
  }
}

function errorOf(status: Status): KubeError {
  return new KubeError(
    status.code ?? 500,
    status.reason ?? 'Unknown',
    `watch: ${status.message ?? 'error without a message'}`,
  )
}
