// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Valid objects with one override, as a user would write them: without what the API server fills in. */
export type Written<K extends string> = {
  apiVersion: string
  kind: K
  metadata: { name: string }
  spec: Record<string, unknown>
}

const written = <K extends string>(kind: K, name: string, spec: Record<string, unknown>): Written<K> => ({
  apiVersion: 'patchswarm.dev/v1alpha1',
  kind,
  metadata: { name },
  spec,
})

/** sha256: and 64 times the digit. */
export const digest = (digit: string) => `sha256:${digit.repeat(64)}`

export const p2pProfile = (spec: Record<string, unknown>, name = 'crd-test') =>
  written('P2PProfile', name, spec)

export const patchArtifact = (spec: Record<string, unknown>, name = 'patch-1.0') =>
  written('PatchArtifact', name, {
    profile: 'default',
    sources: [{ http: { url: 'https://example.com/patches/patch-1.0.bin' } }],
    digest: digest('0'),
    ...spec,
  })

export const distributionJob = (spec: Record<string, unknown>, name = 'patch-1.0') =>
  written('DistributionJob', name, {
    artifacts: [{ name: 'patch-1.0' }],
    delivery: { directory: '/opt/patches' },
    ...spec,
  })

export const nodeDistribution = (spec: Record<string, unknown>, name = 'patch-1.0-abc') =>
  written('NodeDistribution', name, {
    nodeName: 'n1',
    job: 'patch-1.0',
    artifacts: [{ name: 'patch-1.0' }],
    ...spec,
  })
