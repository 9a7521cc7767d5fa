// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { manifestOf } from '../manifest/index.ts'
import type { StoredArtifact } from '../store/index.ts'
import { ManifestFetch } from './manifest-fetch.ts'
import { manifestPart } from './manifest-transfer.ts'
import { leavesPerPart, type Message } from './messages.ts'
import type { Session } from './session.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const leaves = leavesPerPart + 5
const digests = Uint8Array.from({ length: 32 * leaves }, (_, i) => (i * 31) >>> 3)
const manifest = manifestOf({ size: leaves * 10 - 3, chunkSize: 10, digests })

/** Somebody who fetches the manifest, and the only peer that has it. */
function fetchFromOne() {
  const asked: number[] = []
  const send = (message: Message) => {
    if (message.type === 'wantManifest') asked.push(message.first)
  }
  const peer = { peerId: 'peer', hasManifest: true, link: { send } } as Session
  const artifact = { setManifest: vi.fn(async () => {}) }
  const strike = vi.fn()
  const fetch = new ManifestFetch(
    {
      artifact: artifact as unknown as StoredArtifact,
      sessions: new Map([[peer.peerId, peer]]),
      random: () => 0,
      strike,
      onManifest: () => {},
      onStoreError: () => {},
    },
    manifest.cid,
  )
  const answer = (first: number) => fetch.take(peer, manifestPart(manifest, first))
  return { fetch, asked, answer, strike, taken: artifact.setManifest }
}

test.for([
  ['the first part', [], [0, 0]],
  ['a later part', [0], [leavesPerPart, 0]],
] as const)(
  'a peer that is slow with %s is asked again, and what it sends twice is no violation',
  ([, before, late]) => {
    const { fetch, asked, answer, strike, taken } = fetchFromOne()
    fetch.next()
    before.forEach(answer)
    vi.advanceTimersByTime(10_000)
    expect(asked.at(-1)).toBe(0)
    late.forEach(answer)
    expect(asked.at(-1)).toBe(leavesPerPart)
    answer(leavesPerPart)
    expect(taken).toHaveBeenCalledExactlyOnceWith(manifest)
    expect(strike).not.toHaveBeenCalled()
  },
)

test('one that sends parts which nobody has asked for is left alone when its time is over', () => {
  const { fetch, asked, answer, strike } = fetchFromOne()
  fetch.next()
  answer(leavesPerPart)
  vi.advanceTimersByTime(9_999)
  expect(asked).toEqual([0])
  vi.advanceTimersByTime(1)
  expect(asked).toEqual([0, 0])
  expect(strike).not.toHaveBeenCalled()
  fetch.stop()
})
