// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { pino } from 'pino'
import { expect, test } from 'vitest'
import { GrantedBytes } from './granted-bytes.ts'

const MiB = 1024 * 1024

test('bytes read while a grant is on its way are not given a second time', async () => {
  const answers: ((length: number) => void)[] = []
  const leave = { bytes: 0 }
  const granted = new GrantedBytes({
    ask: () =>
      new Promise((resolve) => answers.push((length) => resolve({ length, reason: '', message: '' }))),
    leave,
    log: pino({ level: 'silent' }),
    random: () => 0,
    backoff: { baseMs: 1, capMs: 1 },
    signal: new AbortController().signal,
  })
  granted.totalSize = 24 * MiB

  const first = granted.ensure(0, 1)
  answers.shift()?.(2 * MiB)
  await first
  // Little is left, so the next grant is asked for; what is used until its answer comes stays used.
  granted.use(1.5 * MiB, 1.5 * MiB)
  granted.use(0.5 * MiB, 2 * MiB)
  const next = granted.ensure(2 * MiB, 1)
  answers.shift()?.(2 * MiB)
  await next

  expect(granted.available).toBe(2 * MiB)
})
