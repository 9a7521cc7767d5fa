// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { delivered, givenFleet, MIB, patient, until } from '../support/given-fleet.ts'

const fleet = givenFleet()

describe('one agent', patient, () => {
  test('forgets an artifact that is not listed, but not before a tracker has said so', async () => {
    await fleet().add('seeder', 'seeder')
    await fleet().add('n1')
    const file = await fleet().file(MIB)
    fleet().wish = { file, deliverTo: ['n1'] }
    await delivered(fleet(), ['n1'])
    const artifacts = join(fleet().folder, 'n1', 'cache', 'artifacts')
    expect(await readdir(artifacts)).toHaveLength(1)

    await fleet().stopTracker()
    await fleet().programs.get('n1')!.kill('SIGTERM')
    await fleet().programs.get('n1')!.start()
    await until(async () => expect((await fleet().programs.get('n1')!.admin('/readyz')).status).toBe(200))
    expect(await readdir(artifacts)).toHaveLength(1)

    fleet().wish = undefined
    await fleet().startTracker()
    await until(async () => expect(await readdir(artifacts)).toEqual([]))
    expect(await fleet().delivered('n1')).toBe(file.sha256)
  })

  test('gets an artifact once more that was not listed for a while, from the peers that it had', async () => {
    await fleet().add('seeder', 'seeder')
    await fleet().add('n1')
    const file = await fleet().file(MIB)
    fleet().wish = { file, deliverTo: ['n1'] }
    await delivered(fleet(), ['n1'])

    fleet().wish = undefined
    for (const name of ['seeder', 'n1'])
      await until(() => expect(fleet().client(name)?.report?.artifacts).toEqual([]))
    await rm(join(fleet().programs.get('n1')!.root, 'patches', 'file.bin'))
    fleet().wish = { file, deliverTo: ['n1'] }
    await delivered(fleet(), ['n1'])
    expect(await fleet().delivered('n1')).toBe(file.sha256)
  })

  test('whose disk was copied from another node makes a key of its own', async () => {
    const agent = await fleet().add('copy')
    await until(() => expect(fleet().client('copy')).toBeDefined())
    const before = fleet().client('copy')?.peerId
    fleet().copies.add('copy')
    fleet().tracker.refuse(before ?? '', 'Renewal', 'to be looked at again')
    await until(() => expect(agent.running).toBe(false))
    fleet().copies.clear()
    await agent.start()
    await until(() => expect(fleet().client('copy')).toBeDefined())
    expect(fleet().client('copy')?.peerId).not.toBe(before)
  })

  test('empties its cache when the profile goes, says so, and leaves what it delivered', async () => {
    await fleet().add('seeder', 'seeder')
    await fleet().add('n1')
    const file = await fleet().file(MIB)
    fleet().wish = { file, deliverTo: ['n1'] }
    await delivered(fleet(), ['n1'])
    fleet().wish = { file, deliverTo: [], wipe: true }
    await until(() => expect(fleet().client('n1')?.report?.wiped).toBe(true))
    expect(await readdir(join(fleet().folder, 'n1', 'cache', 'artifacts'))).toEqual([])
    expect(await fleet().delivered('n1')).toBe(file.sha256)
    await fleet().programs.get('n1')!.kill('SIGTERM')
    expect(await readdir(join(fleet().folder, 'n1', 'cache'))).toEqual([])
  })

  test('shows health, metrics and its state on the admin port, and stops cleanly on SIGTERM', async () => {
    await fleet().add('seeder', 'seeder')
    const agent = await fleet().add('n1')
    const file = await fleet().file(MIB)
    fleet().wish = { file, deliverTo: ['n1'] }
    await delivered(fleet(), ['n1'])
    expect((await agent.admin('/healthz')).status).toBe(200)
    expect((await agent.admin('/readyz')).status).toBe(200)
    const metrics = (await agent.admin('/metrics')).body
    expect(metrics).toContain(
      'patchswarm_agent_received_bytes_total{artifact="test/file",source="peers"} 1048576',
    )
    expect(metrics).toContain('patchswarm_agent_chunks_verified_total{artifact="test/file"} 4')
    expect(metrics).toMatch(/^patchswarm_agent_info\{version=".+",role="agent",profile=".+"\} 1$/m)
    // Of the cache when it was last looked at, which is done once more after a delivery.
    await until(async () =>
      expect((await agent.admin('/metrics')).body).toMatch(/^patchswarm_agent_cache_used_bytes 1\d{6}$/m),
    )
    expect((await agent.admin('/nothing')).status).toBe(404)
    // A file that was delivered while the seeder read it is written down as the whole after that.
    await until(async () => {
      const state = JSON.parse((await agent.admin('/state')).body)
      expect(state.artifacts[0]).toMatchObject({
        digest: `sha256:${file.sha256}`,
        state: 'Complete',
        size: file.size,
        bytesHeld: file.size,
        bytesFromPeers: file.size,
      })
    })
    expect(await agent.kill('SIGTERM')).toBe(0)
  })

  test('whose environment is wrong says all that is wrong, and exits', async () => {
    const agent = await fleet().add('n1', 'agent', { PATCHSWARM_PORT: '0', PATCHSWARM_PROFILE: '' })
    await until(() => expect(agent.running).toBe(false))
    expect(await agent.kill('SIGKILL')).toBe(1)
    const log = await readFile(agent.logFile, 'utf8')
    expect(log).toContain('PATCHSWARM_PORT is "0": set it to a port from 1 to 65535')
    expect(log).toContain('PATCHSWARM_PROFILE is missing')
  })
})
