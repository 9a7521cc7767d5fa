// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { ArrivalLog } from './arrival-log.ts'
import { fill, heldIndexes, ID, randomSample, test } from './store.fixture.ts'
import type { StoredArtifact } from './types.ts'

describe('chunks that are held no more are told of', () => {
  const losses: { name: string; lose: (artifact: StoredArtifact) => Promise<unknown>; lost: number[] }[] = [
    {
      name: 'when one is dropped',
      lose: async (artifact) => {
        await refuseStates(artifact)
        await artifact.drop(1)
      },
      lost: [1],
    },
    {
      name: 'when some are found wrong',
      lose: async (artifact) => {
        await refuseStates(artifact)
        await spoil(artifact, 1500)
        await artifact.rehash()
      },
      lost: [1],
    },
    {
      name: 'when they may never have come to the disk',
      lose: async (artifact) => {
        await refuseData(artifact)
        await artifact.sync()
      },
      lost: [2],
    },
  ]

  test.for(losses)('$name, before it is known that the sync fails', async ({ lose, lost }, { reopen }) => {
    const sample = randomSample(4000, 1000)
    const artifact = await (await reopen()).open(ID)
    await artifact.setManifest(sample.manifest)
    await fill(artifact, sample, [0, 1])
    await artifact.sync()
    await fill(artifact, sample, [2])
    const told: number[] = []
    artifact.onLost((indexes) => told.push(...indexes))
    await expect(lose(artifact)).rejects.toThrow(/EISDIR|EIO/)
    expect(told).toEqual(lost)
    expect(heldIndexes(artifact)).toEqual([0, 1, 2].filter((index) => !lost.includes(index)))
  })
})

test('a chunk that a failed sync takes back before it is told of is told of as held and then as lost', async ({
  reopen,
}) => {
  const sample = randomSample(3000, 1000)
  const artifact = await (await reopen()).open(ID)
  await artifact.setManifest(sample.manifest)
  const told: string[] = []
  artifact.onHeld((indexes) => told.push(`held ${indexes}`))
  artifact.onLost((indexes) => told.push(`lost ${indexes}`))
  await refuseData(artifact)
  const { promise: noted, resolve: note } = Promise.withResolvers<void>()
  const log = vi.spyOn(ArrivalLog.prototype, 'append').mockReturnValueOnce(noted)
  onTestFinished(() => log.mockRestore())
  const writing = artifact.writeChunk(1, sample.chunk(1), 'peers')
  await vi.waitFor(() => expect(artifact.has(1)).toBe(true), { interval: 1 })
  await expect(artifact.sync()).rejects.toThrow('EIO')
  note()
  await writing
  expect(told.slice(-2)).toEqual(['held 1', 'lost 1'])
})

/** What a state is written to first is a folder. */
const refuseStates = ({ dataPath }: StoredArtifact) => mkdir(join(dirname(dataPath), 'state.new'))

/** The disk fails once. */
async function refuseData({ dataPath }: StoredArtifact): Promise<void> {
  await using file = await open(dataPath)
  const spy = vi.spyOn(Object.getPrototypeOf(file) as FileHandle, 'datasync')
  spy.mockRejectedValueOnce(new Error('EIO'))
  onTestFinished(() => spy.mockRestore())
}

/** What stands there on the disk is another byte. */
async function spoil({ dataPath }: StoredArtifact, at: number): Promise<void> {
  await using file = await open(dataPath, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  byte[0]! ^= 1
  await file.write(byte, 0, 1, at)
}
