// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** "50.3 MiB": binary units, one decimal. */
export function formatBytes(bytes: number): string {
  const exponent = exponentOf(bytes)
  return `${scaled(bytes, exponent)} ${units[exponent]}`
}

/** "50.3 of 119.8 MiB": both in the unit of the whole. */
export function formatPart(done: number, whole: number): string {
  const exponent = exponentOf(whole)
  return `${scaled(done, exponent)} of ${scaled(whole, exponent)} ${units[exponent]}`
}

/** "11.2 MiB/s"; "-" when nothing moves. */
export function formatRate(bytesPerSecond: number): string {
  return bytesPerSecond >= 1 ? `${formatBytes(bytesPerSecond)}/s` : '-'
}

/** "1 node", "3 nodes". */
export const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Whole percent, rounded down, so that 100 means all. */
export function percentOf(done: number, whole: number): number {
  if (whole <= 0) return 0
  return Math.max(0, Math.min(100, Math.floor((done * 100) / whole)))
}

const exponentOf = (bytes: number): number => {
  if (bytes < 1024) return 0
  return Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
}

const scaled = (bytes: number, exponent: number): string => {
  const value = bytes / 1024 ** exponent
  return exponent === 0 ? String(Math.round(value)) : value.toFixed(1)
}
