// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { TestName } from './test-name.ts'

/** A few words of the source that keep something out, and the test that must fail without them. */
export interface Defence {
  /** What it keeps out. */
  readonly against: string
  /** Path in the repository. */
  readonly file: string
  /** Stands in the file exactly once, and is taken away. */
  readonly take: string
  /** Comes in its place, so that the program runs without the defence. */
  readonly put: string
  readonly test: TestName
}

/** The file without its defence. @throws Error when the text does not stand there exactly once */
export function without({ take, put, file }: Defence, source: string): string {
  const parts = source.split(take)
  if (parts.length !== 2) throw new Error(`${file}: found ${parts.length - 1} times: ${take}`)
  return parts.join(put)
}
