// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Artifact } from '@patchswarm/swarm/tracker'
import { expect, test } from 'vitest'
import { sameOrigin } from './wish.ts'

const origin = { sources: [{ url: 'http://origin/a' }], spec: 'uid/1', afterStallMs: 0, forSite: false }
const wish = (over: object) => ({ origin: { ...origin, ...over } }) as unknown as Artifact

test.for([
  { name: 'of which more was read meanwhile', over: { begun: true }, same: true },
  { name: 'whose sources are others', over: { sources: [{ url: 'http://origin/b' }] }, same: false },
  { name: 'of the same sources for another artifact', over: { spec: 'uid-b/1' }, same: false },
])('what failed counts for an origin $name: $same', ({ over, same }) => {
  expect(sameOrigin(wish({}), wish(over))).toBe(same)
})
