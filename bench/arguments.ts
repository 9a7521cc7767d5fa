// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { parseDuration, parseRate, parseSize, UnitError } from '../lab/src/units.ts'

/** The command line is wrong; the message says what to write instead. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** @throws UsageError for an option that there is not, or one without its value */
export function readArguments<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}

/** @throws UsageError */
export function whole(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`${option} takes a whole number from ${least} to ${most}, not "${text}"`)
  }
  return value
}

/** Bytes. @throws UsageError */
export const size = (option: string, text: string): number => inUnits(option, parseSize, text)

/** Bytes a second. @throws UsageError */
export const rate = (option: string, text: string): number => inUnits(option, parseRate, text)

/** Milliseconds. @throws UsageError */
export const duration = (option: string, text: string): number => inUnits(option, parseDuration, text)

function inUnits(option: string, parse: (text: string) => number, text: string): number {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof UnitError) throw new UsageError(`${option}: ${error.message}`, { cause: error })
    throw error
  }
}

/** Names of a list, as in "a,b". @throws UsageError when there is none, or one that is not known */
export function names(option: string, text: string, known: readonly string[]): string[] {
  const chosen = text.split(',').filter((name) => name !== '')
  const unknown = chosen.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new UsageError(`${option}: "${unknown}" is none of ${known.join(', ')}`)
  if (chosen.length === 0) throw new UsageError(`${option} takes some of ${known.join(', ')}`)
  return chosen
}
