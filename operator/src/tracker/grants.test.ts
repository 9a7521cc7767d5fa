// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import type { Client, Informer } from '@patchswarm/kube'
import type { GrantRequest, TrackerClientView } from '@patchswarm/swarm/tracker'
import { expect, test } from 'vitest'
import { swarmOf } from '../swarm.ts'
import { artifact, MiB } from '../testing/objects.ts'
import { createClaims } from './claims.ts'
import { createGrants, type GrantDecisions } from './grants.ts'

const connected = () => true
const atOnce = () => 0
const size = MiB
const range = { offset: 0, length: size, totalSize: size, back: 0 }
const request = { swarmId: swarmOf(artifact()).id, ...range } as GrantRequest
const spent = artifact({ size }, { origin: { bytesGranted: 2 * size } }, 'spent')
const fresh = artifact({ size, profile: 'other' }, undefined, 'fresh')

/** Agents of two profiles that may fall back, each with an artifact of its own of the same file. */
function givenGrants() {
  const artifacts = [spent, fresh]
  const api = { patchStatus: async () => fresh }
  const cache = {
    onChange: () => {},
    observe: () => {},
    get: (name: string) => artifacts.find((one) => one.metadata.name === name),
  }
  const decisions = {
    admitted: (profile: string) => artifacts.filter((one) => one.spec.profile === profile),
    mayFallBack: () => true,
    claims: createClaims(connected, atOnce),
    readers: { isReader: () => false },
    readsFor: () => undefined,
  }
  const grants = createGrants(
    { for: () => api } as unknown as Client,
    cache as unknown as Informer<PatchArtifact>,
    decisions as unknown as GrantDecisions,
  )
  return (peerId: string, profile: string) => {
    const from = { peerId, identity: { profile, role: 'agent', node: peerId } } as TrackerClientView
    return grants.grant(from, request, AbortSignal.timeout(5000))
  }
}

test('an agent that goes on asking keeps none of another profile from reading', async () => {
  const grant = givenGrants()
  expect(await grant('a', 'default')).toMatchObject({ length: 0, reason: 'OriginBudgetExhausted' })
  expect(await grant('b', 'default')).toMatchObject({ length: 0, reason: 'AnotherReads' })
  expect((await grant('c', 'other')).length).toBeGreaterThan(0)
})
