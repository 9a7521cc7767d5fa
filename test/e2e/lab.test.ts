// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LabResult } from '../../lab/src/distribution/index.ts'
import { runLab } from './support/lab-process.ts'

const MiB = 2 ** 20
const notRoot = process.getuid?.() !== 0

describe('the lab', () => {
  test('brings random bytes to three nodes and says so in one JSON document', async () => {
    await using lab = await runLab(['--nodes', '3', '--size', '32MiB', '--json'])
    expect(await lab.ended(), lab.stderr).toBe(0)
    const result = JSON.parse(lab.stdout) as LabResult
    expect(result).toEqual({
      artifact: {
        name: 'random.bin',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        cid: expect.stringMatching(/^baf/),
        size: 32 * MiB,
        chunks: 128,
      },
      nodes: ['n1', 'n2', 'n3'].map((name) => ({
        name,
        seconds: expect.any(Number),
        complete: true,
        sha256: result.artifact.sha256,
        bytesFromOrigin: 0,
        bytesFromPeers: expect.any(Number),
        bytesFromCache: expect.any(Number),
      })),
      origin: { bytes: expect.any(Number), requests: expect.any(Number) },
      originAmplification: expect.any(Number),
      makespanSeconds: Math.max(...result.nodes.map(({ seconds }) => seconds)),
      ingestSeconds: expect.any(Number),
      directSeconds: 4.03,
      savingsPercent: expect.any(Number),
      apiWrites: { byNode: expect.any(Number), total: expect.any(Number) },
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Complete', status: 'True' })]),
    })
    expectThrift(result)
    expect(await lab.leftovers()).toEqual({ processes: [], files: [] })
  })

  test('does the same over shaped links in network namespaces', async ({ skip }) => {
    skip(notRoot, 'network namespaces need root')
    await using lab = await runLab(['--nodes', '2', '--size', '8MiB', '--link-rate', '100Mbit', '--json'])
    expect(await lab.ended(), lab.stderr).toBe(0)
    const result = JSON.parse(lab.stdout) as LabResult
    expect(result.nodes.map(({ complete }) => complete)).toEqual([true, true])
    expectThrift(result)
    expect(await lab.leftovers()).toEqual({ processes: [], files: [] })
  })

  test('ends with 1 and says which nodes lack the file when the time is over', async () => {
    await using lab = await runLab([
      '--nodes',
      '2',
      '--size',
      '8MiB',
      '--origin-rate',
      '100kbit',
      '--timeout',
      '2s',
    ])
    expect(await lab.ended(), lab.stderr).toBe(1)
    expect(lab.stdout).toContain('0 of 2   missing: n1, n2')
  })

  test.for(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves no process behind after %s in the middle',
    async (signal) => {
      await using lab = await runLab(['--nodes', '2', '--size', '8MiB', '--origin-rate', '1Mbit'])
      await lab.printed('is up')
      await sleep(2000)
      lab.process.kill(signal)
      expect(await lab.ended()).toBe(signal === 'SIGKILL' ? 'SIGKILL' : 130)
      // The kernel ends the children of a killed lab by itself, a moment later.
      for (let tries = 0; tries < 50 && (await lab.leftovers()).processes.length > 0; tries++)
        await sleep(100)
      const { processes, files } = await lab.leftovers()
      expect(processes).toEqual([])
      // Nobody is left to remove the folder of a killed lab: the next lab does.
      if (signal !== 'SIGKILL') expect(files).toEqual([])
    },
  )
})

describe('a file of the user', () => {
  let directory: string
  const content = randomBytes(3 * MiB + 17)
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'patchswarm-input-'))
    await writeFile(join(directory, 'My Patch (1).bin'), content)
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  test('keeps its name, whatever is in it, on the only node there is', async () => {
    const file = join(directory, 'My Patch (1).bin')
    await using lab = await runLab(['--nodes', '1', '--file', file, '--json'])
    expect(await lab.ended(), lab.stderr).toBe(0)
    const result = JSON.parse(lab.stdout) as LabResult
    const sha256 = createHash('sha256').update(content).digest('hex')
    expect(result.artifact).toMatchObject({ name: 'my-patch-1.bin', sha256, size: content.length })
    expect(result.nodes[0]).toMatchObject({ complete: true, sha256 })
  })
})

describe('wrong usage ends with 2, says what is wrong and starts nothing', () => {
  test.for([
    ['--nodes 0', '--nodes takes a whole number from 1 to 100, not "0"'],
    ['--file /does/not/exist', 'there is no /does/not/exist'],
    ['--size 1MiB --file x', 'exclude each other'],
    ['--origin-rate fast', '"fast" is not a rate such as 50Mbit'],
    ['--speed', "Unknown option '--speed'"],
  ] as const)('%s', async ([line, message]) => {
    await using lab = await runLab(line.split(' '))
    expect(await lab.ended()).toBe(2)
    expect(lab.stderr).toContain(message)
    expect(lab.stderr).toContain('--help')
    expect(lab.stdout).toBe('')
  })

  test('--link-rate without root', async ({ skip }) => {
    skip(notRoot, 'only root can try what another user may not')
    await using lab = await runLab(['--link-rate', '10Mbit'], { uid: 65534 })
    expect(await lab.ended()).toBe(2)
    expect(lab.stderr).toContain('needs root')
  })
})

test('--help prints every option and ends with 0', async () => {
  await using lab = await runLab(['--help'])
  expect(await lab.ended()).toBe(0)
  for (const option of ['nodes', 'file', 'size', 'origin-rate', 'link-rate', 'keep', 'json', 'timeout']) {
    expect(lab.stdout).toContain(`--${option}`)
  }
})

/** The file left the origin once, and the API saw no more writes than promised. */
function expectThrift(result: LabResult): void {
  expect(result.origin.bytes).toBeGreaterThanOrEqual(result.artifact.size)
  expect(result.originAmplification).toBeLessThanOrEqual(1.02)
  expect(result.apiWrites.byNode).toBeLessThanOrEqual(4 + Math.ceil(result.makespanSeconds / 10))
  for (const { bytesFromOrigin, bytesFromPeers, bytesFromCache } of result.nodes) {
    expect(bytesFromOrigin + bytesFromPeers + bytesFromCache).toBe(result.artifact.size)
  }
}
