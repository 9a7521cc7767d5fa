// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { collectionPath, query } from './paths.ts'
import type { Client, KubeObject, ListOptions, Resource } from './types.ts'

/** A state of a whole collection at one resourceVersion. */
export interface Listing<T extends KubeObject> {
  items: T[]
  resourceVersion: string
}

interface Page<T> {
  metadata: { resourceVersion: string; continue?: string }
  items: T[] | null
}

const PAGE_SIZE = 500

/**
 * A consistent list, read in pages. Items of a list come without kind and apiVersion: both are put back.
 *
 * @throws KubeError 410 when the pages took longer than the server keeps that state: begin again.
 */
export async function listPages<T extends KubeObject>(
  client: Pick<Client, 'request'>,
  resource: Resource<T>,
  options: ListOptions,
  signal?: AbortSignal,
  pageSize = PAGE_SIZE,
): Promise<Listing<T>> {
  const { labelSelector, fieldSelector } = options
  const path = collectionPath(resource, options.namespace)
  const { apiVersion, kind } = resource
  const items: T[] = []
  let next: string | undefined
  for (;;) {
    const page: Page<T> = await client.request<Page<T>>(
      'GET',
      path + query({ labelSelector, fieldSelector, limit: pageSize, continue: next }),
      undefined,
      signal ? { signal } : {},
    )
    for (const item of page.items ?? []) items.push({ ...item, apiVersion, kind })
    next = page.metadata.continue
    if (!next) return { items, resourceVersion: page.metadata.resourceVersion }
  }
}
