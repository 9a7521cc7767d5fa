// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { NodeDistribution, NodeDistributionStatus } from '@patchswarm/api'
import type { Informer } from '@patchswarm/kube'
import { isEqual } from './merge-patch.ts'
import { hasSameSpec } from './same-spec.ts'

type RowChange = Parameters<Parameters<Informer<NodeDistribution>['onChange']>[0]>[0]

/**
 * Whether the row says only how far its node is. Nothing is decided by that, and a job with nodes at work shows it every few
 * seconds anyway: looked at for each of them, a job of thousands would be looked at all the time.
 */
export const isOnlyProgress = ({ type, old, object }: RowChange): boolean =>
  type === 'modified' &&
  old?.status !== undefined &&
  hasSameSpec(old, object) &&
  isEqual(withoutProgress(old.status), withoutProgress(object.status))

const withoutProgress = (status: NodeDistributionStatus = {}): NodeDistributionStatus => {
  const { progressPercent: _, rate: __, peers: ___, bytes: ____, ...decisive } = status
  return decisive
}
