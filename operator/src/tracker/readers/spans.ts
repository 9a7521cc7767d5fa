// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Bytes [start, end) of a file. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What of the spans lies within none of the others; both in any order, the result in order. */
export function without(spans: readonly Span[], others: readonly Span[]): Span[] {
  let left = [...spans]
  for (const { start, end } of others) {
    left = left.flatMap((span) => [
      { start: span.start, end: Math.min(span.end, start) },
      { start: Math.max(span.start, end), end: span.end },
    ])
    left = left.filter((span) => span.start < span.end)
  }
  return left.sort((a, b) => a.start - b.start)
}

/** What two lists of spans have in common. */
export function common(spans: readonly Span[], { start, end }: Span): Span[] {
  return spans
    .map((span) => ({ start: Math.max(span.start, start), end: Math.min(span.end, end) }))
    .filter((span) => span.start < span.end)
}

export const sizeOf = (spans: readonly Span[]): number =>
  spans.reduce((sum, { start, end }) => sum + end - start, 0)

/** From pairs of numbers, as they come over the wire; what makes no sense is left out. */
export function spansOf(pairs: readonly number[]): Span[] {
  const spans: Span[] = []
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const [start = 0, end = 0] = pairs.slice(at, at + 2)
    if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start < end) {
      spans.push({ start, end })
    }
  }
  return spans
}
