// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** What is written is no rate. */
export class InvalidRateError extends Error {
  override name = 'InvalidRateError'
}

const bitsOf: Readonly<Record<string, number>> = { kbit: 1e3, Mbit: 1e6, Gbit: 1e9 }

/** Bytes a second of a rate as links are sold, such as 100Mbit (a second); "Unlimited" is Infinity. @throws InvalidRateError */
export function parseRate(text: string): number {
  if (text === 'Unlimited') {
    return Number.POSITIVE_INFINITY
  }
  const [, number, unit = ''] = /^([1-9][0-9]*)(kbit|Mbit|Gbit)$/.exec(text) ?? []
  const bits = Number(number) * (bitsOf[unit] ?? Number.NaN)
  if (!Number.isFinite(bits)) {
    throw new InvalidRateError(`"${text}" is not a rate such as 500kbit, 100Mbit or 1Gbit`)
  }
  return bits / 8
}
