// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Bits, clearBit, commonBit, createBits, hasBit, setBit } from './bits.ts'

/**
 * Finds the rarest chunk that a neighbour has and this node needs without looking at every chunk: the needed ones lie
 * in one bitmap for each number of holders, and a search is an AND of words, lowest number first.
 */
export interface Rarity {
  readonly chunks: number
  /** How many neighbours announced the chunk. */
  readonly holders: Uint16Array
  readonly needed: Bits
  neededCount: number
  readonly levels: { bits: Bits; count: number }[]
}

export function createRarity(chunks: number): Rarity {
  return {
    chunks,
    holders: new Uint16Array(chunks),
    needed: createBits(chunks),
    neededCount: 0,
    levels: [],
  }
}

function levelOf(rarity: Rarity, holders: number) {
  for (let at = rarity.levels.length; at <= holders; at++) {
    rarity.levels.push({ bits: createBits(rarity.chunks), count: 0 })
  }
  // biome-ignore lint/style/noNonNullAssertion: the loop above made it
  return rarity.levels[holders]!
}

function enter(rarity: Rarity, chunk: number): void {
  const level = levelOf(rarity, rarity.holders[chunk] ?? 0)
  setBit(level.bits, chunk)
  level.count += 1
}

function leave(rarity: Rarity, chunk: number): void {
  const level = levelOf(rarity, rarity.holders[chunk] ?? 0)
  clearBit(level.bits, chunk)
  level.count -= 1
}

function changeHolders(rarity: Rarity, chunk: number, by: number): void {
  const needed = hasBit(rarity.needed, chunk)
  if (needed) {
    leave(rarity, chunk)
  }
  rarity.holders[chunk] = (rarity.holders[chunk] ?? 0) + by
  if (needed) {
    enter(rarity, chunk)
  }
}

export const addHolder = (rarity: Rarity, chunk: number): void => changeHolders(rarity, chunk, 1)
export const removeHolder = (rarity: Rarity, chunk: number): void => changeHolders(rarity, chunk, -1)

/** Lacked, not in flight and not being verified: may be asked for. */
export function markNeeded(rarity: Rarity, chunk: number): void {
  if (!hasBit(rarity.needed, chunk)) {
    setBit(rarity.needed, chunk)
    rarity.neededCount += 1
    enter(rarity, chunk)
  }
}

export function unmarkNeeded(rarity: Rarity, chunk: number): void {
  if (hasBit(rarity.needed, chunk)) {
    leave(rarity, chunk)
    clearBit(rarity.needed, chunk)
    rarity.neededCount -= 1
  }
}

/** @returns the needed chunk with the fewest holders among those in `offered`, -1 when there is none */
export function rarestOf(rarity: Rarity, offered: Bits, random: () => number): number {
  for (let holders = 1; holders < rarity.levels.length; holders++) {
    const level = rarity.levels[holders]
    if (level === undefined || level.count === 0) {
      continue
    }
    const chunk = commonBit(level.bits, offered, random)
    if (chunk !== -1) {
      return chunk
    }
  }
  return -1
}
