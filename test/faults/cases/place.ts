// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lookAt } from '../../support/agent-admin.ts'
import type { Disk } from '../../support/little-disks.ts'
import { digestsOf, filesBelow, onNode } from '../../support/node-files.ts'
import { artifactIs, jobIs, rowsOf, until } from '../../support/seen.ts'
import type { Served, TestLab } from '../../support/test-lab.ts'
import { createArtifact, createJob } from '../../support/wishes.ts'

const MiB = 2 ** 20

/** What is mounted on a node, where that can be done. */
export const DISKS: Readonly<Record<'n3' | 'n4', readonly Disk[]>> = {
  n3: [
    { path: '/opt/small', options: 'size=512k' },
    { path: '/opt/readonly', options: 'ro' },
  ],
  n4: [{ path: '/var/lib/later', options: 'size=8m' }],
}

/** Nodes on which the file cannot be put where it should be. Uses the artifact "good" of 1 MiB. */
export function describePlaces(labOf: () => TestLab, good: () => Served, noDisks: string | undefined): void {
  const why = noDisks ? ` (skipped: ${noDisks})` : ''

  /** A job for "good" on one node, which must fail there. */
  async function failure(name: string, node: string, directory: string, reason: string): Promise<string> {
    const lab = labOf()
    await createJob(lab, name, ['good'], { target: { nodeNames: [node] }, delivery: { directory } })
    const { message, object } = await jobIs(lab, name, 'NodesFailed')
    const status = (await rowsOf(lab, name)).get(node)?.status
    expect(status).toMatchObject({ state: 'Failed', reason, files: [] })
    expect(object.status?.failedNodes).toEqual([{ node, reason, message: status?.message }])
    expect(message).toContain(`Failed on 1 of 1 node, delivered on 0; ${node}: ${reason}: `)
    return status?.message ?? ''
  }

  test('a symbolic link out of the allowed root is not followed', async () => {
    const lab = labOf()
    await mkdir(onNode(lab, 'n1', '/srv/outside'), { recursive: true })
    await symlink(onNode(lab, 'n1', '/srv/outside'), onNode(lab, 'n1', '/opt/patches/link'))
    const message = await failure('link', 'n1', '/opt/patches/link/deep', 'DirectoryNotAllowed')
    expect(message).toContain('/opt/patches/link is a symbolic link, and those are not followed')
    expect(await readdir(onNode(lab, 'n1', '/srv/outside'))).toEqual([])
  })

  test('a file that stands where the directory should be is left alone', async () => {
    const lab = labOf()
    const path = onNode(lab, 'n2', '/opt/patches/taken')
    await writeFile(path, 'mine')
    const message = await failure('taken', 'n2', '/opt/patches/taken/here', 'TargetNotWritable')
    expect(message).toContain('/opt/patches/taken is a file: move it or choose another directory')
    expect(await readFile(path, 'utf8')).toBe('mine')
  })

  test('a directory that has the name of the file is left alone', async () => {
    const lab = labOf()
    const path = onNode(lab, 'n2', '/opt/patches/named/good.bin/inside')
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, 'mine')
    const message = await failure('named', 'n2', '/opt/patches/named', 'TargetNotWritable')
    expect(message).toContain('/opt/patches/named/good.bin is a directory: move it or choose another name')
    expect(Object.keys(await filesBelow(lab, 'n2', '/opt/patches/named'))).toEqual([
      '/opt/patches/named/good.bin/inside',
    ])
  })

  test('a root that one node lacks fails that node alone', async () => {
    const lab = labOf()
    const delivery = { directory: '/opt/rare/x' }
    await createJob(lab, 'rare', ['good'], { delivery })
    const { object, message } = await jobIs(lab, 'rare', 'NodesFailed')
    expect(object.status).toMatchObject({ desired: 3, succeeded: 2, failed: 1 })
    expect(object.status?.failedNodes).toMatchObject([{ node: 'n3', reason: 'RootMissing' }])
    expect(message).toContain(
      'This node has no directory /opt/rare: make it, or take the root from the profile',
    )
    const { sha256 } = good()
    expect(await digestsOf(lab, '/opt/rare/x/good.bin')).toEqual({ n1: sha256, n2: sha256, n3: '' })
  })

  describe.skipIf(noDisks)(`little disks${why}`, () => {
    test('a read-only file system is named', async () => {
      const message = await failure('readonly', 'n3', '/opt/readonly/x', 'TargetNotWritable')
      expect(message).toMatch(/\/opt\/readonly\/.* is on a read-only file system: mount it writable/)
    })

    test('a file that does not fit below its root is not begun', async () => {
      const message = await failure('small', 'n3', '/opt/small', 'InsufficientDisk')
      expect(message).toMatch(
        /^\/opt\/small\/good.bin needs 1048576 bytes and its file system has \d+ free: free some/,
      )
    })
  })

  test("another job's path is not written to", async () => {
    const lab = labOf()
    const [one, other, slow] = await Promise.all(
      ['shared.bin', 'shared.bin', 'slow.bin'].map((name) => lab.serve(name, 512 * 1024)),
    )
    for (const [name, file] of Object.entries({ one, other, slow })) {
      await createArtifact(lab, name, file!, { profile: 'later' })
      await artifactIs(lab, name, 'Seeded')
    }
    // Both files are on the node already, the third is not and does not come while the seeder stands still.
    for (const name of ['one', 'other']) {
      await createJob(lab, name, [name], { delivery: { directory: `/opt/later/${name}` } })
      await jobIs(lab, name, 'Completed')
    }
    lab.signalSeeder('SIGSTOP', 'later')
    try {
      const delivery = { directory: '/opt/later/shared' }
      await createJob(lab, 'holder', ['one', 'slow'], { delivery })
      await until('the first job has the path', async () =>
        (await lookAt(lab, 'n4', 5101))?.deliveries.some(
          ({ path, state }) => path === '/opt/later/shared/shared.bin' && state === 'Delivered',
        ),
      )
      await createJob(lab, 'intruder', ['other'], { delivery })
      const { object } = await jobIs(lab, 'intruder', 'NodesFailed')
      expect(object.status?.failedNodes).toMatchObject([{ node: 'n4', reason: 'PathConflict' }])
      expect(object.status?.failedNodes?.[0]?.message).toMatch(
        /^\/opt\/later\/shared\/shared.bin belongs to DistributionJob .*\/holder on this node: choose another directory or file name/,
      )
    } finally {
      lab.signalSeeder('SIGCONT', 'later')
    }
    await jobIs(lab, 'holder', 'Completed')
    expect(await digestsOf(lab, '/opt/later/shared/shared.bin', ['n4'])).toEqual({ n4: one!.sha256 })
  })

  test.skipIf(noDisks)(
    `an artifact that no cache of a node can take fails there before a byte moves${why}`,
    async () => {
      const lab = labOf()
      const file = await lab.serve('huge.bin', 12 * MiB)
      await createArtifact(lab, 'huge', file, { profile: 'later' })
      await createJob(lab, 'huge', ['huge'], { delivery: { directory: '/opt/later/huge' } })
      const { object } = await jobIs(lab, 'huge', 'NodesFailed', { withinMs: 60_000 })
      expect(object.status?.failedNodes).toMatchObject([{ node: 'n4', reason: 'InsufficientDisk' }])
      expect(object.status?.failedNodes?.[0]?.message).toMatch(
        /^12 MiB never fit into a cache that can have [78](\.\d)? MiB: [2-8](\.\d)? MiB free$/,
      )
      const here = (await lookAt(lab, 'n4', 5101))?.artifacts.find(({ name }) => name.endsWith('/huge'))
      expect(here?.bytesHeld ?? 0).toBe(0)
      expect(await filesBelow(lab, 'n4', '/opt/later/huge')).toEqual({})
    },
  )
}
