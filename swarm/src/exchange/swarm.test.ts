// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { unlimited } from '../limits/index.ts'
import type { StoredArtifact } from '../store/index.ts'
import { quiet } from '../store/store.fixture.ts'
import { BufferPool } from './buffer-pool.ts'
import { Swarm } from './swarm.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A swarm without peers, of a store that refuses whatever it is asked. */
function swarmOf() {
  const artifact = {
    swarmId: new Uint8Array(32),
    key: 'swarm',
    chunks: 0,
    complete: false,
    counters: {},
    onHeld: () => () => {},
    onLost: () => () => {},
    discardGrowth: () => Promise.reject(new Error('ENOSPC')),
  }
  const swarm = new Swarm(
    {
      selfId: 'self',
      node: {} as never,
      log: quiet,
      pool: new BufferPool(),
      stored: () => [],
      now: () => 0,
      random: () => 0,
      limits: { upload: unlimited, download: unlimited },
      membership: () => new Uint8Array(),
      maxPeers: () => 1,
      sign: () => new Uint8Array(),
      verifyMember: () => expect.unreachable(),
      checkHello: () => expect.unreachable(),
      strike: () => {},
      isQuarantined: () => false,
      doubt: async () => {},
    },
    { artifact: artifact as unknown as StoredArtifact, role: 'agent' },
  )
  onTestFinished(() => swarm.stop())
  return { swarm, isStill: () => swarm.statistics().suspended }
}

describe('after the store has refused something', () => {
  test('nothing is asked for for five seconds, whatever is carried out meanwhile', async () => {
    const { swarm, isStill } = swarmOf()
    await swarm.refute()
    swarm.resume()
    vi.advanceTimersByTime(4_999)
    expect(isStill()).toBe(true)
    vi.advanceTimersByTime(1)
    expect(isStill()).toBe(false)
  })

  test('a swarm that is suspended meanwhile stays so until it is resumed', async () => {
    const { swarm, isStill } = swarmOf()
    await swarm.refute()
    swarm.suspend()
    vi.advanceTimersByTime(60_000)
    expect(isStill()).toBe(true)
    swarm.resume()
    expect(isStill()).toBe(false)
  })

  test('one that was suspended before rests as long when it is resumed at once', async () => {
    const { swarm, isStill } = swarmOf()
    swarm.suspend()
    await swarm.refute()
    swarm.resume()
    expect(isStill()).toBe(true)
    vi.advanceTimersByTime(5_000)
    expect(isStill()).toBe(false)
  })
})
