// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** What a control plane is made of. */
export const BINARY_NAMES = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
] as const
/** What a real node runs beside its container runtime; brought only when asked for. */
export const NODE_BINARY_NAMES = ['kubelet', 'kube-proxy'] as const
export type BinaryName = (typeof BINARY_NAMES)[number] | (typeof NODE_BINARY_NAMES)[number]
