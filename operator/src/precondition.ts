// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { KubeObject } from '@patchswarm/kube'

/** Makes a write end in a conflict when the object is another one by now, or was read before somebody changed it. */
export function preconditionOf({ metadata }: KubeObject): { uid?: string; resourceVersion?: string } {
  const { uid, resourceVersion } = metadata
  return { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) }
}
