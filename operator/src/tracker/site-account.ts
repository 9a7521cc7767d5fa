// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact, PatchArtifactStatus } from '@patchswarm/api'

/** With `origin.perSite` each site has a budget of its own: what it was granted stands beside the sum of all. */
export type OriginStatus = NonNullable<PatchArtifactStatus['origin']>
export type SiteAccount = NonNullable<OriginStatus['sites']>[number]

/**
 * The artifact as if nobody read it but this site (undefined: whoever reads for all), and as if its status said no more than was granted.
 * @param advance so many bytes it is ahead
 */
export function accountOf(artifact: PatchArtifact, site: string | undefined, advance: number): PatchArtifact {
  const { status } = artifact
  const account =
    site === undefined ? status?.origin : status?.origin?.sites?.find((one) => one.site === site)
  const origin = { ...status?.origin, bytesGranted: (account?.bytesGranted ?? 0) - advance }
  return { ...artifact, status: { ...status, origin } as PatchArtifactStatus }
}

/** What the status says once so many bytes more are granted. */
export function charged(
  { bytesGranted = 0, sites = [] }: OriginStatus,
  site: string | undefined,
  length: number,
): OriginStatus {
  const sum = { bytesGranted: bytesGranted + length }
  if (site === undefined) return sum
  return {
    ...sum,
    sites: withSite(sites, site, (one) => ({ ...one, bytesGranted: (one.bytesGranted ?? 0) + length })),
  }
}

/** What the status says of the sites once it is known how much each has read, and of how many bytes. */
export function accountsRead(
  sites: readonly SiteAccount[],
  read: ReadonlyMap<string, number>,
  size: number,
): SiteAccount[] {
  const amplification = (bytes: number) => (size > 0 ? { amplification: (bytes / size).toFixed(3) } : {})
  return [...read].reduce<SiteAccount[]>(
    (all, [site, bytesRead]) =>
      withSite(all, site, (one) => ({ ...one, bytesRead, ...amplification(bytesRead) })),
    [...sites],
  )
}

function withSite(
  sites: readonly SiteAccount[],
  site: string,
  change: (one: SiteAccount) => SiteAccount,
): SiteAccount[] {
  const one = change(sites.find((other) => other.site === site) ?? { site })
  const others = sites.filter((other) => other.site !== site)
  return [...others, one].sort((a, b) => (a.site < b.site ? -1 : 1))
}
