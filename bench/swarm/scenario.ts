// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** What is measured: one file from one source to `nodes` receivers. Rates are bytes a second on the wire. */
export interface Scenario {
  readonly nodes: number
  /** So many receivers more, whose own times do not count. */
  readonly beside?: number
  /** Bytes of the file. */
  readonly size: number
  /** Of every link, each way; undefined when links are not shaped. */
  readonly linkRate: number | undefined
  /** Of the link of the HTTP origin where the file lies at the start; undefined when a seed has it. */
  readonly originRate: number | undefined
}

/** Payload in a full Ethernet frame of TCP with timestamps, as a part of the frame. */
export const PAYLOAD = 1448 / 1514

/**
 * Time that no way of sending can beat: max{F/u_s, F/d_min, N·F/(u_s + Σu_i)} (Kumar & Ross 2006), in seconds.
 * Undefined when links are not shaped.
 */
export function fluidBound({ nodes, size, linkRate, originRate }: Scenario): number | undefined {
  const source = originRate ?? linkRate
  if (linkRate === undefined || source === undefined) return undefined
  const seconds = (bytes: number, rate: number) => bytes / (rate * PAYLOAD)
  return Math.max(
    seconds(size, source),
    seconds(size, linkRate),
    seconds(nodes * size, source + nodes * linkRate),
  )
}
