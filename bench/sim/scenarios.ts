// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { leanParameters, type Parameters } from '../../swarm/src/policy/index.ts'

/** The line of one node, bytes a second of payload. */
export interface Line {
  readonly up: number
  readonly down: number
}

/** What is simulated: one seeder with the file and `nodes` receivers. Rates are bytes a second of payload. */
export interface SimScenario {
  readonly name: string
  readonly nodes: number
  /** Bytes of the file and of a chunk. */
  readonly size: number
  readonly chunk: number
  readonly rate: number
  readonly seederRate?: number
  /** Of the profile: so many neighbours has a node, and the seeder twice as many. */
  readonly maxPeers?: number
  readonly latencyMs?: number
  /** Lines that receivers have in turn, in place of one of `rate`. */
  readonly lines?: readonly Line[]
  /** So many receivers have a line slower by this factor. */
  readonly slow?: { readonly count: number; readonly factor: number }
  /** The slow ones' times do not count. */
  readonly fastOnly?: boolean
  /** So many receivers take part like all others and send nothing but wrong chunks; their times do not count. */
  readonly lying?: number
  /** So many receivers die at random times before the bound; their neighbours learn it a second later. */
  readonly dying?: number
  /** So many receivers come when half the bound has passed. */
  readonly late?: number
  /** So many sites of equal size, the seeder in the first, each with a line of this rate into the world. */
  readonly sites?: { readonly count: number; readonly rate: number }
  /** Other numbers than agents use. */
  readonly parameters?: Parameters
  /** Median stretch of the last node in the table of policy simulations, made with another simulator. */
  readonly published?: number
}

const MiB = 2 ** 20
const KiB = 2 ** 10
const Mbit = 125_000
const GiB = 2 ** 30

const a = { nodes: 8, size: 256 * MiB, chunk: MiB, rate: 100 * Mbit }
const c = { nodes: 16, size: 128 * MiB, chunk: MiB, rate: 50 * Mbit }
const b = { ...a, rate: 400 * Mbit, seederRate: 50 * Mbit }
const l = { size: GiB, chunk: MiB, rate: 1000 * Mbit, maxPeers: 16 }
const h = { ...a, slow: { count: 1, factor: 10 }, fastOnly: true }
const s = { nodes: 100, size: 256 * MiB, chunk: MiB, rate: 1000 * Mbit }
const line = (down: number, up = down): Line => ({ down: down * Mbit, up: up * Mbit })
const twenty = { count: 20, rate: 100 * Mbit }
const h16 = { ...h, nodes: 16 }

/** Asked for by name alone, because of the time they take. */
export const LARGE: readonly string[] = ['L-1000', 'L-10000', 'S-1000', 'S-10000', 'growth']

const PUBLISHED: Readonly<Record<string, readonly SimScenario[]>> = {
  A: [
    { name: 'A 1 MiB', ...a, published: 1.03 },
    { name: 'A 512 KiB', ...a, chunk: 512 * KiB, published: 1.016 },
    { name: 'A 256 KiB', ...a, chunk: 256 * KiB, published: 1.008 },
  ],
  C: [
    { name: 'C 1 MiB', ...c, published: 1.085 },
    { name: 'C 512 KiB', ...c, chunk: 512 * KiB, published: 1.044 },
    { name: 'C 256 KiB', ...c, chunk: 256 * KiB, published: 1.023 },
  ],
  B: [
    { name: 'B 1 MiB', ...b, published: 1.003 },
    { name: 'B 256 KiB', ...b, chunk: 256 * KiB, published: 1.001 },
  ],
  H: [
    { name: 'H 8, 1 MiB', ...h, published: 1.074 },
    { name: 'H 8, 512 KiB', ...h, chunk: 512 * KiB, published: 1.039 },
    { name: 'H 8, 256 KiB', ...h, chunk: 256 * KiB, published: 1.034 },
    { name: 'H 16, 1 MiB', ...h16, published: 1.072 },
    { name: 'H 16, 256 KiB', ...h16, chunk: 256 * KiB, published: 1.029 },
    { name: 'H 4 of 8 half', ...a, slow: { count: 4, factor: 2 }, published: 1.009 },
  ],
  J: [{ name: 'J 4 of 8 late', ...a, late: 4, published: 1.51 }],
  K: [
    { name: 'K 2 of 20 die', ...a, nodes: 20, dying: 2, published: 1.05 },
    { name: 'K 5 of 50 die', ...a, nodes: 50, dying: 5, published: 1.069 },
    { name: 'K 10 of 20 die', ...a, nodes: 20, dying: 10, published: 1.057 },
  ],
  D: [
    { name: 'A 1 MiB, 20 ms', ...a, latencyMs: 20, published: 1.045 },
    { name: 'A 256 KiB, 20 ms', ...a, chunk: 256 * KiB, latencyMs: 20, published: 1.016 },
  ],
  lie: [
    { name: 'lie 1 of 8', ...a, chunk: 256 * KiB, lying: 1 },
    { name: 'lie 10 of 100', ...l, size: 256 * MiB, nodes: 100, lying: 10 },
  ],
  unequal: [
    { name: 'unequal 8', ...a, chunk: 256 * KiB, lines: [line(100), line(50), line(20), line(10)] },
    {
      name: 'unequal 100, thin uplinks',
      ...l,
      size: 256 * MiB,
      nodes: 100,
      lines: [line(1000), line(1000, 500)],
    },
  ],
  churn: [{ name: 'churn 10 of 100 die, 10 come', ...a, nodes: 100, maxPeers: 16, dying: 10, late: 10 }],
  S: [
    { name: 'S 20 × 5, 1 MiB', ...s, sites: twenty, published: 1.096 },
    { name: 'S 20 × 5, 256 KiB', ...s, chunk: 256 * KiB, sites: twenty, published: 1.028 },
  ],
  'S-1000': [{ name: 'S 20 × 50', ...l, nodes: 1000, maxPeers: 32, sites: twenty }],
  'S-10000': [{ name: 'S 20 × 500', ...l, nodes: 10_000, maxPeers: 32, sites: twenty }],
  growth: [10, 32, 100, 316, 1000, 10_000].map((nodes) => ({ name: `growth ${nodes}`, ...l, nodes })),
  L: [{ name: 'L 100', ...l, nodes: 100, published: 1.05 }],
  'L-1000': [{ name: 'L 1000', ...l, nodes: 1000, published: 1.031 }],
  'L-10000': [{ name: 'L 10000', ...l, nodes: 10_000, published: 1.041 }],
}

/** The rows by the letter of their scenario, with the parameters that the published numbers are of. */
export const TABLE: typeof PUBLISHED = Object.fromEntries(
  Object.entries(PUBLISHED).map(([letter, rows]) => [
    letter,
    rows.map((row) => ({ parameters: leanParameters, ...row })),
  ]),
)
