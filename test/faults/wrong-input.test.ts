// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLoopbackNetwork } from '../../lab/src/network/index.ts'
import { whyNoLittleDisks, withLittleDisks } from '../support/little-disks.ts'
import { filesBelow, isTemporary, onNode } from '../support/node-files.ts'
import { artifactIs, profileIs } from '../support/seen.ts'
import { type Served, startTestLab, type TestLab } from '../support/test-lab.ts'
import { createArtifact, createProfile } from '../support/wishes.ts'
import { breakOrigins, describeHangingOrigin, describeOrigins } from './cases/origin.ts'
import { DISKS, describePlaces } from './cases/place.ts'
import { describeWishes } from './cases/wish.ts'

const noDisks = whyNoLittleDisks()
/** Put there by the tests themselves. */
const planted = new Set(['/opt/patches/taken', '/opt/patches/named/good.bin/inside'])
let lab: TestLab
let good: Served

beforeAll(async () => {
  lab = await startTestLab({
    nodes: 3,
    folders: ['/opt/patches', '/opt/rare', '/opt/small', '/opt/readonly'],
    network: (directory) => {
      const network = createLoopbackNetwork(Math.random)
      if (noDisks) return network
      return withLittleDisks(withLittleDisks(network, 'n3', directory, DISKS.n3), 'n4', directory, DISKS.n4)
    },
  })
  await rm(onNode(lab, 'n3', '/opt/rare'), { recursive: true })
  await lab.cluster.addNode('n4')
  await mkdir(onNode(lab, 'n4', '/opt/later'), { recursive: true })
  const allowedRoots = ['/opt/patches', '/opt/rare', '/opt/small', '/opt/readonly'].map((path) => ({ path }))
  const nodeSelector = { 'topology.kubernetes.io/zone': 'lab-a' }
  await createProfile(lab, 'default', { nodeSelector, delivery: { allowedRoots } })
  await breakOrigins(lab)
  good = await lab.serve('good.bin', 2 ** 20)
  await createArtifact(lab, 'good', good)
  await profileIs(lab, 'default', 'RootMissing')
  await artifactIs(lab, 'good', 'Seeded')
}, 120_000)

afterAll(() => lab?.stop())

describe('wishes that cannot be met', () => describeWishes(() => lab))
describe('origins that misbehave', () => describeOrigins(() => lab))
describe('places that cannot be written', () =>
  describePlaces(
    () => lab,
    () => good,
    noDisks,
  ))
describeHangingOrigin(() => lab)

test('after all of it, every file on a node is whole and under a name that it was served by', async () => {
  const right = new Set(lab.served.map(({ name, sha256 }) => `${name} ${sha256}`))
  for (const node of lab.cluster.nodes.keys()) {
    const files = Object.entries(await filesBelow(lab, node, '/opt'))
    // A node that waits for an origin to be mended keeps what it has of the file, under no name of the file.
    const ours = files.filter(([path]) => !planted.has(path) && !isTemporary(path))
    expect(ours.length).toBeGreaterThan(0)
    expect(ours.filter(([path, sha256]) => !right.has(`${basename(path)} ${sha256}`))).toEqual([])
  }
})
