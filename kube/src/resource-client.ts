// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { isConflict, isNotFound, KubeError } from './kube-error.ts'
import { listPages } from './list.ts'
import { collectionPath, objectPath, query } from './paths.ts'
import type { Client, KubeObject, Resource, ResourceClient } from './types.ts'

const MERGE_PATCH = 'application/merge-patch+json'
/** JSON is YAML. */
const APPLY_PATCH = 'application/apply-patch+yaml'

type Caller = Pick<Client, 'request'> & { readonly fieldManager: string }

const withSignal = (signal: AbortSignal | undefined) => (signal ? { signal } : {})

/** The calls of one kind. */
export function createResourceClient<T extends KubeObject>(
  client: Caller,
  resource: Resource<T>,
): ResourceClient<T> {
  const manager = { fieldManager: client.fieldManager }
  const mergePatch = (path: string, patch: unknown, signal: AbortSignal | undefined) =>
    client.request<T>('PATCH', path + query(manager), patch, {
      contentType: MERGE_PATCH,
      ...withSignal(signal),
    })

  const get: ResourceClient<T>['get'] = (name, namespace, signal) =>
    client.request<T>('GET', objectPath(resource, name, namespace), undefined, withSignal(signal))

  /** The server ignores a uid in a patch of the status; a resourceVersion belongs to one object alone. */
  const versionOf = async (
    uid: string,
    name: string,
    namespace: string | undefined,
    signal?: AbortSignal,
  ) => {
    const { metadata } = await get(name, namespace, signal)
    if (metadata.uid === uid) return metadata.resourceVersion
    throw new KubeError(
      409,
      'Conflict',
      `${resource.kind} "${name}" is another object now: its uid is ${metadata.uid}`,
    )
  }

  return {
    get,

    async list(options = {}, signal) {
      const { items } = await listPages(client, resource, options, signal)
      return items
    },

    create(object, signal) {
      const path = collectionPath(resource, object.metadata.namespace) + query(manager)
      return client.request<T>('POST', path, typed(resource, object), withSignal(signal))
    },

    apply(object, signal) {
      const { name, namespace } = object.metadata
      // The server refuses an applied object that carries managedFields, as everything read from it does.
      const { managedFields: _, ...metadata } = object.metadata
      const path = objectPath(resource, name, namespace) + query({ ...manager, force: true })
      const body = typed(resource, { ...object, metadata })
      return client.request<T>('PATCH', path, body, { contentType: APPLY_PATCH, ...withSignal(signal) })
    },

    async patchStatus(name, namespace, status, precondition, signal) {
      const path = objectPath(resource, name, namespace, 'status')
      const resourceVersion =
        precondition?.resourceVersion ??
        (precondition?.uid && (await versionOf(precondition.uid, name, namespace, signal)))
      return await mergePatch(
        path,
        { ...(resourceVersion && { metadata: { resourceVersion } }), status },
        signal,
      )
    },

    patch: (name, namespace, patch, signal) =>
      mergePatch(objectPath(resource, name, namespace), patch, signal),

    async delete(name, namespace, { uid, propagationPolicy } = {}, signal) {
      const options = {
        ...(uid && { preconditions: { uid } }),
        ...(propagationPolicy && { propagationPolicy }),
      }
      try {
        await client.request('DELETE', objectPath(resource, name, namespace), options, withSignal(signal))
      } catch (error) {
        // Another object by this name means that the one with our uid is gone.
        if (isNotFound(error) || (uid && isConflict(error))) return
        throw error
      }
    },
  }
}

/** Bodies must say what they are; callers need not. */
function typed<T extends KubeObject>({ apiVersion, kind }: Resource<T>, object: T): T {
  return { ...object, apiVersion, kind }
}
