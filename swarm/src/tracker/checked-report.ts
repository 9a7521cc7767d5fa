// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Report } from '../proto/tracker_pb.ts'

const int32 = 2 ** 31 - 1
/** The last that is written with four digits of a year, as the API server takes it. */
const lastDate = Date.parse('9999-12-31T23:59:59.999Z')

/** By name of the field what a status can hold; of others the largest whole number, 1,024 characters and any number of entries. */
const largest: Readonly<Record<string, number>> = {
  chunkSize: int32,
  peers: int32,
  usefulPeers: int32,
  startedAt: lastDate,
  finishedAt: lastDate,
}
const longest: Readonly<Record<string, number>> = {
  path: 4096,
  url: 2048,
  signature: 512,
  cid: 128,
  sha256: 64,
}
const most: Readonly<Record<string, number>> = { roots: 32, sources: 8, liars: 64 }

/**
 * A report as the statuses that many share can hold it, whatever its sender says: one number that the API server refuses
 * would keep all that stands beside it from being written. The same object when nothing is wrong with it.
 */
export const checkedReport = (report: Report): Report => checkedMessage(report)

function checkedMessage<T extends object>(message: T): T {
  let checked = message
  for (const key of Object.keys(message) as (keyof T & string)[]) {
    const value = checkedValue(key, message[key])
    if (value === message[key]) continue
    if (checked === message) checked = { ...message }
    checked[key] = value
  }
  return checked
}

function checkedValue<V>(key: string, value: V): V {
  if (typeof value === 'number') return checkedNumber(key, value) as V
  if (typeof value === 'string') return value.slice(0, longest[key] ?? 1024) as V
  if (Array.isArray(value)) return checkedList(key, value) as V
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return checkedMessage(value)
}

function checkedNumber(key: string, value: number): number {
  const bounded = Math.min(Math.max(0, value), largest[key] ?? Number.MAX_SAFE_INTEGER)
  return key === 'rate' ? bounded || 0 : Math.floor(bounded) || 0
}

function checkedList(key: string, list: readonly unknown[]): readonly unknown[] {
  const taken = list.slice(0, most[key]).map((one) => checkedValue(key, one))
  const isSame = taken.length === list.length && taken.every((one, at) => one === list[at])
  return isSame ? list : taken
}
