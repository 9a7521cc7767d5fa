// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { cleanupFinalizer } from '@patchswarm/api'
import { expect, test } from 'vitest'
import { profile } from '../testing/objects.ts'
import { nextStep, operatorGoneMs, patienceMs } from './farewell.ts'

const clean = profile({ enabled: false })
clean.metadata.finalizers = ['example.com/other']
const holding = profile({ enabled: false })
holding.metadata.finalizers = [cleanupFinalizer]

test.for([
  { name: 'nothing holds nodes: finished', profiles: [clean], silentMs: 0, waitedMs: 0, what: 'finish' },
  {
    name: 'no profile at all: finished',
    profiles: [],
    silentMs: operatorGoneMs,
    waitedMs: 0,
    what: 'finish',
  },
  {
    name: 'an operator is at work: wait',
    profiles: [clean, holding],
    silentMs: operatorGoneMs - 1,
    waitedMs: patienceMs - 1,
    what: 'wait',
  },
  { name: 'no operator: force', profiles: [holding], silentMs: operatorGoneMs, waitedMs: 0, what: 'force' },
  { name: 'too long: force', profiles: [holding], silentMs: 0, waitedMs: patienceMs, what: 'force' },
])('$name', ({ what, ...farewell }) => {
  const step = nextStep(farewell)
  expect(step.what).toBe(what)
  expect(step.holding).toEqual(farewell.profiles.filter((one) => one === holding))
})
