// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { Asked } from './asked.ts'

describe('chunks asked of a peer', () => {
  test('are open until it answers', () => {
    const asked = new Asked()
    expect(asked.since(7)).toBeUndefined()
    asked.ask(7, 100)
    expect(asked.since(7)).toBe(100)
    asked.answered(7)
    expect(asked.since(7)).toBeUndefined()
  })

  test('may come twice when they were asked for twice, because the first answer was on its way when it was called off', () => {
    const asked = new Asked()
    asked.ask(7, 100)
    asked.ask(7, 300)
    asked.answered(7)
    expect(asked.since(7)).toBe(300)
    asked.answered(7)
    expect(asked.since(7)).toBeUndefined()
  })

  test('an answer to nothing opens nothing', () => {
    const asked = new Asked()
    asked.answered(7)
    asked.ask(8, 1)
    expect(asked.since(7)).toBeUndefined()
    expect(asked.since(8)).toBe(1)
  })
})
