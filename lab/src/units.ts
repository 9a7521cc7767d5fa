// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
/** What the user wrote is no size, rate or duration; the message shows how one looks. */
export class UnitError extends Error {
  override name = 'UnitError'
}

const SIZE_UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
}
/** Bits a second, as links are sold. */
const RATE_UNITS: Record<string, number> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 }
const DURATION_UNITS: Record<string, number> = { '': 1000, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Bytes, e.g. "256MiB", "1.5 GiB", "100MB", "4096". */
export function parseSize(text: string): number {
  return Math.round(parse(text, SIZE_UNITS, 'a size such as 256MiB, 100MB or 4096 (bytes)'))
}

/** Bytes a second from bits a second, e.g. "50Mbit", "1Gbit". */
export function parseRate(text: string): number {
  return parse(text, RATE_UNITS, 'a rate such as 50Mbit, 800kbit or 1Gbit') / 8
}

/** Milliseconds, e.g. "90s", "10m", "600" (seconds). */
export function parseDuration(text: string): number {
  return parse(text, DURATION_UNITS, 'a duration such as 90s, 10m or 600 (seconds)')
}

function parse(text: string, units: Record<string, number>, wanted: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim())
  const unit = match && units[(match[2] ?? '').toLowerCase()]
  const value = match && unit !== undefined && unit !== null ? Number(match[1]) * unit : 0
  if (!(value > 0)) throw new UnitError(`"${text}" is not ${wanted}`)
  return value
}

/** "12.3 MiB" */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** "100 Mbit/s" */
export function formatRate(bytesPerSecond: number): string {
  const bits = bytesPerSecond * 8
  const [value, unit] =
    bits >= 1e9 ? [bits / 1e9, 'Gbit/s'] : bits >= 1e6 ? [bits / 1e6, 'Mbit/s'] : [bits / 1e3, 'kbit/s']
  return `${Number(value.toFixed(1))} ${unit}`
}
