// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export type Day = 'Mon' | 'Tue' | 'Wed' | 'Thu' | 'Fri' | 'Sat' | 'Sun'

/** Hours of some days of every week, by the clock on the wall of a time zone. */
export interface WeeklyWindow {
  /** The days on which it begins; every day when there is none. */
  readonly days: readonly string[]
  /** "HH:MM", from 00:00 to 23:59. */
  readonly start: string
  /** "HH:MM", from 00:01 to 24:00; when it is not after `start`, it is of the next day. */
  readonly end: string
  /** An IANA name, such as Europe/Berlin. */
  readonly timeZone: string
}

/** This system knows no time zone of that name. */
export class UnknownTimeZoneError extends Error {
  override name = 'UnknownTimeZoneError'
}

const minuteMs = 60_000
const dayMinutes = 24 * 60
const days: readonly string[] = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] satisfies Day[]
/** Clocks are put forward or back at a whole quarter of an hour: between two of them they run evenly. */
const evenMs = 15 * minuteMs
/** A window that does not change within so long never does: two weeks pass when its only hour is left out in spring. */
const horizonMs = 16 * dayMinutes * minuteMs

/** What the clock on the wall shows; Monday is day 0. */
interface Shown {
  readonly day: number
  readonly minute: number
}

/**
 * Whether the clock on the wall shows a time of the window. An hour that is left out in spring is in no window, one that
 * comes twice in autumn is in it twice.
 * @param now milliseconds since 1970
 * @throws UnknownTimeZoneError
 */
export function isWithin(window: WeeklyWindow, now: number): boolean {
  return includes(window, wallClock(window.timeZone, now))
}

function includes(window: WeeklyWindow, { day, minute }: Shown): boolean {
  const start = minutesOf(window.start)
  const end = minutesOf(window.end)
  if (end > start) {
    return minute >= start && minute < end && beginsOn(window, day)
  }
  return (minute >= start && beginsOn(window, day)) || (minute < end && beginsOn(window, (day + 6) % 7))
}

/**
 * When the first of the windows begins or ends next; Infinity when none ever does.
 * @param now milliseconds since 1970
 * @throws UnknownTimeZoneError
 */
export function nextChange(windows: readonly WeeklyWindow[], now: number): number {
  return Math.min(...windows.map((window) => changeOf(window, now)))
}

function changeOf(window: WeeklyWindow, now: number): number {
  let look = { at: now, shown: wallClock(window.timeZone, now) }
  const before = includes(window, look.shown)
  while (look.at < now + horizonMs) {
    look = nextLook(window, look)
    if (includes(window, look.shown) !== before) return look.at
  }
  return Number.POSITIVE_INFINITY
}

interface Look {
  readonly at: number
  readonly shown: Shown
}

/** When the clock shows the window's start or end next, or sooner if it is put forward or back before: nothing changes until then. */
function nextLook({ timeZone, start, end }: WeeklyWindow, from: Look): Look {
  const { minute } = from.shown
  const wait = Math.min(minutesUntil(minute, minutesOf(start)), minutesUntil(minute, minutesOf(end)))
  const quarter = (Math.floor(from.at / evenMs) + 1) * evenMs
  let at = (Math.floor(from.at / minuteMs) + wait) * minuteMs
  for (;;) {
    const look = { at, shown: wallClock(timeZone, at) }
    if (at <= quarter || ranEvenly(from, look)) return look
    at = Math.max(quarter, Math.floor((from.at + at) / 2 / evenMs) * evenMs)
  }
}

/** No clock is put forward and back by as much within a day. */
function ranEvenly(from: Look, to: Look): boolean {
  const passed = Math.floor(to.at / minuteMs) - Math.floor(from.at / minuteMs)
  const shown = (to.shown.day - from.shown.day) * dayMinutes + to.shown.minute - from.shown.minute
  return (shown - passed) % (7 * dayMinutes) === 0
}

const minutesUntil = (from: number, to: number): number => ((to - from + 2 * dayMinutes - 1) % dayMinutes) + 1

const beginsOn = (window: WeeklyWindow, day: number): boolean =>
  window.days.length === 0 || window.days.includes(days[day] ?? '')

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function wallClock(timeZone: string, now: number): Shown {
  const parts = Object.fromEntries(
    clockOf(timeZone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  )
  return {
    day: days.indexOf(parts.weekday ?? ''),
    minute: Number(parts.hour) * 60 + Number(parts.minute),
  }
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known !== undefined) {
    return known
  }
  try {
    const clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    clocks.set(timeZone, clock)
    return clock
  } catch (cause) {
    throw new UnknownTimeZoneError(`there is no time zone "${timeZone}"`, { cause })
  }
}
