// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeDistributionName, serviceAccountUser, workloadName } from './names.ts'

const subdomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

describe('nodeDistributionName', () => {
  const job = { name: 'linux-6.6', uid: '5f0c1f2e-6b39-4a77-9d4e-3f4e1b7c1c11' }

  test('is the same for the same job and node, so that making it twice is harmless', () => {
    expect(nodeDistributionName(job, 'n1')).toBe(nodeDistributionName({ ...job }, 'n1'))
    expect(nodeDistributionName(job, 'n1')).toMatch(/^linux-6\.6-[0-9a-f]{12}$/)
  })

  test('differs by node, and by job when the old name is used again', () => {
    const names = [
      nodeDistributionName(job, 'n1'),
      nodeDistributionName(job, 'n2'),
      nodeDistributionName({ ...job, uid: 'another' }, 'n1'),
    ]
    expect(new Set(names).size).toBe(3)
  })

  test('is a name that the API server takes and a label can carry, for any job name', () => {
    const segment = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/)
    const name = fc
      .array(segment, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('.').slice(0, 63))
    fc.assert(
      fc.property(name, (cut) => {
        const made = nodeDistributionName({ name: cut.replace(/[^a-z0-9]+$/, ''), uid: 'u' }, 'n')
        expect(made).toMatch(subdomain)
        expect(made.length).toBeLessThanOrEqual(63)
      }),
    )
  })
})

describe('workloadName', () => {
  test('leaves room for what a StatefulSet appends, with the longest profile name', () => {
    const longest = workloadName('p'.repeat(32), 'seeder')
    // Value of the label controller-revision-hash.
    expect(`${longest}-0123456789`.length).toBeLessThanOrEqual(63)
  })

  test('names the ServiceAccount that a token must be of', () => {
    expect(serviceAccountUser('patchswarm-system', 'default', 'agent')).toBe(
      'system:serviceaccount:patchswarm-system:patchswarm-default-agent',
    )
  })
})
