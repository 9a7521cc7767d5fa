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
  /** The server ends the watch after this. */
  timeoutSeconds: number
  /** A watch that says nothing for this long, not even a bookmark, is taken for dead. */
  idleMs: number
}

/**
 * The changes after `resourceVersion`; returns when the server ends the watch, as it does from time to time.
 *
 * @throws KubeError when it is refused, breaks off or falls silent; 410 when the version is too old.
 */
export async function* watch<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>> {
  const { namespace, idleMs, ...parameters } = options
  const path =
    collectionPath(resource, namespace) + query({ ...parameters, watch: true, allowWatchBookmarks: true })
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), idleMs)
  try {
    const lines = await client.stream(path, AbortSignal.any([signal, silence.signal]))
    for await (const line of lines) {
      timer.refresh()
      const event = JSON.parse(line) as RawEvent<T>
      if (event.type === 'ERROR') throw errorOf(event.object)
      yield event
    }
  } catch (error) {
    if (!silence.signal.aborted || signal.aborted) throw error
    throw new KubeError(0, 'Timeout', `watch of ${resource.plural}: silent for ${idleMs} ms`, {
      cause: error,
    })
  } finally {
    clearTimeout(timer)
  }
}

function errorOf(status: Status): KubeError {
  return new KubeError(
    status.code ?? 500,
    status.reason ?? 'Unknown',
    `watch: ${status.message ?? 'error without a message'}`,
  )
}
