// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/**
 * Below 0 when `a` is the older, for objects of one kind. Kubernetes promises that resourceVersions of a kind compare as
 * whole numbers of any length; without leading zeros the longer one is the greater.
 */
export function compareVersions(a: string | undefined, b: string | undefined): number {
  const [left, right] = [a ?? '', b ?? '']
  if (left.length !== right.length) return left.length - right.length
  return left < right ? -1 : left > right ? 1 : 0
}
