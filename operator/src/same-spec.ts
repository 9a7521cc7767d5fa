// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { KubeObject } from '@patchswarm/kube'

/** Two versions of one object, neither of which is going while the other is not. */
export const hasSameSpec = (a: KubeObject, b: KubeObject): boolean =>
  a.metadata.generation === b.metadata.generation &&
  a.metadata.deletionTimestamp === b.metadata.deletionTimestamp
