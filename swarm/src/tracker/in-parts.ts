// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Long work that stops wherever something else may run in between. */
export type InParts<T> = Generator<undefined, T>

/** Does it without stopping. */
export function atOnce<T>(work: InParts<T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}
