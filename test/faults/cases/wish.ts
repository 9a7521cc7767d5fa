// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { operatorNamespace } from '@patchswarm/api'
import { NAMESPACE } from '@patchswarm/kube'
import { expect, test } from 'vitest'
import { all, digestsOf } from '../../support/node-files.ts'
import { artifactIs, jobIs, profileIs, rowsOf } from '../../support/seen.ts'
import type { TestLab } from '../../support/test-lab.ts'
import { createArtifact, createJob, createProfile } from '../../support/wishes.ts'

/** Nodes, ports and folders of a second profile: n4, which the first one does not select. */
export const LATER = {
  nodeSelector: { 'kubernetes.io/hostname': 'n4' },
  admin: { port: 5101, bindAddress: 'NodeIP' },
  cache: { hostPath: '/var/lib/later', minFree: '0' },
  delivery: { allowedRoots: [{ path: '/opt/later' }] },
}

/** Objects that name what is not there, or what they may not have. Uses the artifact "good" of the profile "default". */
export function describeWishes(labOf: () => TestLab): void {
  test('an unknown profile is waited for, and the job goes on when it is created', async () => {
    const lab = labOf()
    const file = await lab.serve('later.bin', 512 * 1024)
    await createArtifact(lab, 'later-1', file, { profile: 'later' })
    await createJob(lab, 'later-1', ['later-1'], { delivery: { directory: '/opt/later/one' } })
    for (const { message } of [
      await artifactIs(lab, 'later-1', 'WaitingForProfile'),
      await jobIs(lab, 'later-1', 'WaitingForProfile'),
    ]) {
      expect(message).toContain('There is no P2PProfile later yet')
    }
    const { cidr } = lab.network
    await createProfile(lab, 'later', { ...LATER, transport: { port: 4101, allowedCIDRs: [cidr] } })
    const { object } = await jobIs(lab, 'later-1', 'Completed', { withinMs: 60_000 })
    expect(object.status).toMatchObject({ desired: 1, succeeded: 1 })
    expect(await digestsOf(lab, '/opt/later/one/later.bin', ['n4'])).toEqual(all(['n4'], file.sha256))
    await profileIs(lab, 'later', 'AgentsReady')
  })

  test('an unknown artifact is waited for, and the job goes on when it is created', async () => {
    const lab = labOf()
    await createJob(lab, 'early', ['not-yet'], { target: { nodeNames: ['n1'] } })
    const { message } = await jobIs(lab, 'early', 'WaitingForArtifact')
    expect(message).toContain(`There is no PatchArtifact not-yet in namespace ${operatorNamespace} yet`)
    const file = await lab.serve('not-yet.bin', 64 * 1024)
    await createArtifact(lab, 'not-yet', file)
    await jobIs(lab, 'early', 'Completed')
    expect(await digestsOf(lab, '/opt/patches/early/not-yet.bin', ['n1'])).toEqual(all(['n1'], file.sha256))
  })

  test('a selector that matches no node says which profile and what to look at', async () => {
    const lab = labOf()
    await createJob(lab, 'nowhere', ['good'], { target: { nodeSelector: { matchLabels: { pool: 'moon' } } } })
    const { message } = await jobIs(lab, 'nowhere', 'NoNodesSelected')
    expect(message).toContain('None of the 4 nodes of the cluster is both in P2PProfile default')
    expect(message).toContain('spec.target.nodeSelector')
    expect((await rowsOf(lab, 'nowhere')).size).toBe(0)
  })

  test('a namespace that the profile does not admit gets nothing read and nothing delivered', async () => {
    const lab = labOf()
    await lab.cluster.client.for(NAMESPACE).create({ metadata: { name: 'strangers' } })
    const file = await lab.serve('strange.bin', 64 * 1024)
    await createArtifact(lab, 'strange', file, {}, 'strangers')
    await createJob(lab, 'strange', ['strange'], {}, 'strangers')
    const namespace = 'strangers'
    for (const { message } of [
      await artifactIs(lab, 'strange', 'NamespaceNotAllowed', { namespace }),
      await jobIs(lab, 'strange', 'NamespaceNotAllowed', { namespace }),
    ]) {
      expect(message).toContain('Namespace strangers may not use P2PProfile default')
      expect(message).toContain(`without spec.allowedNamespaces only ${operatorNamespace} may use it`)
    }
    expect(file.origin.counters).toEqual({ bytes: 0, requests: 0 })
    expect((await rowsOf(lab, 'strange', namespace)).size).toBe(0)
  })

  test('a directory outside the allowed roots is refused with those that there are', async () => {
    const lab = labOf()
    await createJob(lab, 'outside', ['good'], { delivery: { directory: '/opt/patchesque/x' } })
    const { message } = await jobIs(lab, 'outside', 'DirectoryNotAllowed')
    expect(message).toContain('/opt/patchesque/x is not below an allowed root')
    expect(message).toContain('use a directory below /opt/patches')
    expect((await rowsOf(lab, 'outside')).size).toBe(0)
  })

  test('a directory with .. in it does not get past the API server', async () => {
    const lab = labOf()
    const created = createJob(lab, 'dots', ['good'], { delivery: { directory: '/opt/patches/../../etc' } })
    await expect(created).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining("must be an absolute path without '//', '.', '..'"),
    })
  })
}
