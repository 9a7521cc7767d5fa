// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

type Json = Record<string, unknown>

/**
 * The RFC 7386 patch that turns one value into the other: what differs, null for what has to go. Undefined when they
 * are equal, so that nothing is written. An undefined property counts as absent; arrays are replaced as a whole.
 */
export function mergePatch(from: unknown, to: unknown): Json | undefined {
  const patch = differences(asObject(from), asObject(to))
  return Object.keys(patch).length === 0 ? undefined : patch
}

function differences(from: Json, to: Json): Json {
  const patch: Json = {}
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const before = from[key]
    const after = to[key]
    if (after === undefined) {
      if (before !== undefined) patch[key] = null
    } else if (isObject(before) && isObject(after)) {
      const inner = differences(before, after)
      if (Object.keys(inner).length > 0) patch[key] = inner
    } else if (!isEqual(before, after)) {
      patch[key] = after
    }
  }
  return patch
}

/** Deep equality of JSON values, order of keys aside, undefined properties counting as absent. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((one, index) => isEqual(one, b[index]))
  }
  if (isObject(a) && isObject(b)) return mergePatch(a, b) === undefined
  return a === b
}

/** Whether everything that `part` states holds in `whole`, which may say more (what the API server filled in). */
export function isSubset(part: unknown, whole: unknown): boolean {
  if (Array.isArray(part)) {
    return (
      Array.isArray(whole) &&
      part.length === whole.length &&
      part.every((one, index) => isSubset(one, whole[index]))
    )
  }
  if (!isObject(part)) return part === whole
  return Object.entries(part).every(
    ([key, value]) =>
      value === undefined ||
      isSubset(value, isObject(whole) ? whole[key] : undefined) ||
      isEmpty(value, whole, key),
  )
}

/** The API server leaves out an empty text, list or object. */
const isEmpty = (value: unknown, whole: unknown, key: string): boolean =>
  isObject(whole) &&
  whole[key] === undefined &&
  (value === '' ||
    (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0))

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const asObject = (value: unknown): Json => (isObject(value) ? value : {})
