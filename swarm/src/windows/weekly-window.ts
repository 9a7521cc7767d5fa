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

/**
 * Whether the clock on the wall shows a time of the window. An hour that is left out in spring is in no window, one that
 * comes twice in autumn is in it twice.
 * @param now milliseconds since 1970
 * @throws UnknownTimeZoneError
 */
export function isWithin(window: WeeklyWindow, now: number): boolean {
  const { day, minute } = wallClock(window.timeZone, now)
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
  const before = windows.map((window) => isWithin(window, now))
  for (let at = now; windows.length > 0 && at < now + horizonMs; ) {
    const next = Math.min(...windows.map((window) => boundaryAfter(window, at)))
    at = Math.min(next, (Math.floor(at / evenMs) + 1) * evenMs)
    if (windows.some((window, i) => isWithin(window, at) !== before[i])) {
      return at
    }
  }
  return Number.POSITIVE_INFINITY
}

/** When the clock shows the window's start or end next, if it is not put forward or back before. */
function boundaryAfter({ timeZone, start, end }: WeeklyWindow, now: number): number {
  const { minute } = wallClock(timeZone, now)
  const wait = Math.min(minutesUntil(minute, minutesOf(start)), minutesUntil(minute, minutesOf(end)))
  return (Math.floor(now / minuteMs) + wait) * minuteMs
}

const minutesUntil = (from: number, to: number): number => ((to - from + 2 * dayMinutes - 1) % dayMinutes) + 1

const beginsOn = (window: WeeklyWindow, day: number): boolean =>
  window.days.length === 0 || window.days.includes(days[day] ?? '')

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function wallClock(timeZone: string, now: number): { day: number; minute: number } {
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
