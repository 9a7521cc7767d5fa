// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/**
 * Bytes of a size as Kubernetes writes it, such as 20Gi or 1.5G, rounded up to whole ones.
 * @throws TypeError for anything that the CRDs do not let through
 */
export function parseQuantity(text: string): number {
  const [, value, unit = ''] = /^(\d+(?:\.\d+)?)([kMGT]|[KMGT]i)?$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (value === undefined || factor === undefined) throw new TypeError(`${JSON.stringify(text)} is no size`)
  return Math.ceil(Number(value) * factor)
}
