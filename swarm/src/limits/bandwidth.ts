// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isWithin, nextChange, type WeeklyWindow } from '../windows/index.ts'

/** Bytes a second, in IP packets; 0 is no limit, left out is not said. */
export interface Rates {
  readonly upload?: number | undefined
  readonly download?: number | undefined
  readonly origin?: number | undefined
}

/** Hours in which other rates hold. */
export interface BandwidthWindow extends WeeklyWindow {
  readonly rates?: Rates | undefined
}

/** The limits of a profile: the same for every node, but for `origin`, of which each of several agents that read is told its share. */
export interface Bandwidth {
  readonly rates?: Rates | undefined
  /** The first that holds says other rates; what it does not say stays. */
  readonly windows: readonly BandwidthWindow[]
  /** Uploads give way to other traffic. */
  readonly yield?: boolean | undefined
}

/** What holds at one moment: bytes a second, in IP packets, Infinity without a limit. */
export interface Limits {
  readonly upload: number
  readonly download: number
  readonly origin: number
  /** The window that says so, counted from 0; -1 for none. */
  readonly window: number
  /** When other limits may hold, in milliseconds since 1970; Infinity when never. */
  readonly until: number
}

/** @param now milliseconds since 1970. @throws UnknownTimeZoneError */
export function limitsAt({ rates = {}, windows }: Bandwidth, now: number): Limits {
  const window = windows.findIndex((one) => isWithin(one, now))
  const { upload, download, origin } = { ...rates, ...said(windows[window]?.rates) }
  return {
    upload: limitOf(upload),
    download: limitOf(download),
    origin: limitOf(origin),
    window,
    until: nextChange(windows, now),
  }
}

const said = (rates: Rates = {}): Rates =>
  Object.fromEntries(Object.entries(rates).filter(([, rate]) => typeof rate === 'number'))

const limitOf = (rate = 0): number => (rate > 0 ? rate : Number.POSITIVE_INFINITY)
