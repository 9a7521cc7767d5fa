// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { bitFrom } from './bits.ts'

/**
 * What is known of all chunks of a swarm, 32 to a row: which of them this node isHeld, which it needs, which it may ask for
 * in other sites, how many neighbours have each (the binary digits of the numbers lie crosswise: the lowest digit of all 32, then
 * the next one of all 32, ...), and what each neighbour has, by its seat. What one message touches lies side by side: in a swarm of
 * thousands of nodes the way to memory is what a simulation waits for.
 */
export interface ChunkTable {
  readonly chunks: number
  readonly rows: number
  cells: Uint32Array
  /** Cells of a row. */
  width: number
  /** Binary digits of a number of holders. */
  digits: number
  seats: number
  neededCount: number
}

export const mineColumn = 0
export const neededColumn = 1
/** Chunks for which this node may ask other sites. */
export const answeredColumn = 2
const firstDigit = 3

const firstDigits = 5
const firstSeats = 8
const mostSeatsAdded = 1024

export function createChunkTable(chunks: number): ChunkTable {
  const rows = Math.ceil(chunks / 32)
  const width = firstDigit + firstDigits + firstSeats
  const cells = new Uint32Array(rows * width)
  return { chunks, rows, cells, width, digits: firstDigits, seats: firstSeats, neededCount: 0 }
}

export const cell = (table: ChunkTable, row: number, column: number): number =>
  table.cells[row * table.width + column] ?? 0

export const isSet = (table: ChunkTable, column: number, chunk: number): boolean =>
  (cell(table, chunk >>> 5, column) & (1 << (chunk & 31))) !== 0

/** @returns whether that changed anything */
export function mark(table: ChunkTable, column: number, chunk: number): boolean {
  const at = (chunk >>> 5) * table.width + column
  const old = table.cells[at] ?? 0
  table.cells[at] = old | (1 << (chunk & 31))
  return (old & (1 << (chunk & 31))) === 0
}

/** @returns whether that changed anything */
export function unmark(table: ChunkTable, column: number, chunk: number): boolean {
  const at = (chunk >>> 5) * table.width + column
  const old = table.cells[at] ?? 0
  table.cells[at] = old & ~(1 << (chunk & 31))
  return (old & (1 << (chunk & 31))) !== 0
}

/** Lacked, not in flight and not being verified: may be asked for. */
export function markNeeded(table: ChunkTable, chunk: number): void {
  table.neededCount += mark(table, neededColumn, chunk) ? 1 : 0
}

export function unmarkNeeded(table: ChunkTable, chunk: number): void {
  table.neededCount -= unmark(table, neededColumn, chunk) ? 1 : 0
}

/** A column for itself. */
export const columnOf = (table: ChunkTable, column: number): Uint32Array =>
  Uint32Array.from({ length: table.rows }, (_, row) => cell(table, row, column))

/** Calls `visit` with every row of a column that is not empty. */
export function forEachRow(
  table: ChunkTable,
  column: number,
  visit: (row: number, bits: number) => void,
): void {
  for (let row = 0; row < table.rows; row++) {
    const bits = cell(table, row, column)
    if (bits !== 0) {
      visit(row, bits)
    }
  }
}

/** The column of a neighbour; it moves when the table grows. */
export const seatColumn = (table: ChunkTable, seat: number): number => firstDigit + table.digits + seat

/** Makes room for a seat, with nothing in it. */
export function clearSeat(table: ChunkTable, seat: number): void {
  if (seat >= table.seats) {
    widen(table, table.digits, table.seats + Math.min(Math.max(8, table.seats >>> 1), mostSeatsAdded))
  }
  const column = seatColumn(table, seat)
  for (let row = 0; row < table.rows; row++) {
    table.cells[row * table.width + column] = 0
  }
}

/** One more neighbour has the chunks of `mask` in this row. */
export function addHolders(table: ChunkTable, row: number, mask: number): void {
  let carry = mask
  for (let digit = 0; carry !== 0; digit++) {
    if (digit === table.digits) {
      widen(table, table.digits + 3, table.seats)
    }
    const at = row * table.width + firstDigit + digit
    const old = table.cells[at] ?? 0
    table.cells[at] = old ^ carry
    carry &= old
  }
}

/** One neighbour less has them. */
export function removeHolders(table: ChunkTable, row: number, mask: number): void {
  let borrow = mask
  for (let digit = 0; borrow !== 0 && digit < table.digits; digit++) {
    const at = row * table.width + firstDigit + digit
    const old = table.cells[at] ?? 0
    table.cells[at] = old ^ borrow
    borrow &= ~old
  }
}

function widen(table: ChunkTable, digits: number, seats: number): void {
  const old = { ...table }
  const width = firstDigit + digits + seats
  const cells = new Uint32Array(table.rows * width)
  for (let row = 0; row < table.rows; row++) {
    const from = row * old.width
    const seat = from + firstDigit + old.digits
    cells.set(old.cells.subarray(from, seat), row * width)
    cells.set(old.cells.subarray(seat, from + old.width), row * width + firstDigit + digits)
  }
  Object.assign(table, { digits, seats, width, cells })
}

/**
 * @param column whose chunks: a neighbour's
 * @param within another column that the chunk must be in
 * @returns the needed chunk with the fewest holders among those, -1 when there is none
 */
export function rarestOf(table: ChunkTable, column: number, within: number, random: () => number): number {
  if (table.neededCount === 0) {
    return -1
  }
  const start = Math.floor(random() * table.rows)
  let best = -1
  let bestMask = 0
  let fewest = Number.POSITIVE_INFINITY
  for (let step = 0; step < table.rows && fewest > 1; step++) {
    const row = start + step < table.rows ? start + step : start + step - table.rows
    const mask = cell(table, row, neededColumn) & cell(table, row, column) & cell(table, row, within)
    if (mask === 0) {
      continue
    }
    const { holders, bits } = fewestIn(table, row, mask)
    if (holders < fewest) {
      fewest = holders
      best = row
      bestMask = bits
    }
  }
  return best === -1 ? -1 : best * 32 + bitFrom(bestMask, random)
}

/** @returns the first needed chunk of the file among those that `rarestOf` chooses from, -1 when there is none */
export function firstOf(table: ChunkTable, column: number, within: number): number {
  for (let row = 0; row < table.rows; row++) {
    const mask = cell(table, row, neededColumn) & cell(table, row, column) & cell(table, row, within)
    if (mask !== 0) {
      return row * 32 + (31 - Math.clz32(mask & -mask))
    }
  }
  return -1
}

/** The smallest number of holders in a row, and which chunks of `mask` have so many. */
function fewestIn(table: ChunkTable, row: number, mask: number): { holders: number; bits: number } {
  let bits = mask
  let holders = 0
  for (let digit = table.digits - 1; digit >= 0; digit--) {
    const without = bits & ~cell(table, row, firstDigit + digit)
    holders = holders * 2 + (without === 0 ? 1 : 0)
    bits = without === 0 ? bits : without
  }
  return { holders, bits }
}
