// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Informer, isNotFound, type KubeObject } from '@patchswarm/kube'

/** Calls the listener with the UID of every object that is gone, until the signal. */
export function onGone<T extends KubeObject>(
  cache: Informer<T>,
  signal: AbortSignal,
  forget: (uid: string) => void,
): void {
  const stop = cache.onChange(({ type, object }) => {
    if (type === 'deleted') forget(object.metadata.uid ?? '')
  })
  signal.addEventListener('abort', stop, { once: true })
}

/** The answer to a write, undefined when the object was deleted meanwhile: nobody is left to tell. */
export async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
