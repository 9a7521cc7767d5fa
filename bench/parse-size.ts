// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Bytes of "256MiB" and the like. */
export function parseSize(text: string): number {
  const match = /^(\d+)(B|KiB|MiB|GiB)?$/.exec(text)
  if (match === null) {
    throw new Error(`"${text}" is no size: write 256MiB or 1GiB`)
  }
  const units: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }
  return Number(match[1]) * (units[match[2] ?? 'B'] ?? 1)
}
