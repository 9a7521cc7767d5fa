// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/**
 * What the status grows by before so much is granted, and by how much it is then ahead of what was granted. Taken back
 * is at once what is given back, for whoever gives it back may be going.
 *
 * @param ahead so much more may be written down with it
 */
export function drawOn(
  advance: number,
  charge: number,
  ahead: number,
): { readonly write: number; readonly advance: number } {
  if (charge < 0) return { write: charge, advance }
  if (charge <= advance) return { write: 0, advance: advance - charge }
  return { write: charge - advance + ahead, advance: ahead }
}

/**
 * By how much the status of each account is ahead of what this leader has granted. In memory alone: what a leader has not given
 * when it goes counts as granted for good. It stays this process's own, even when another one has led in between.
 */
export class Advances {
  readonly #bytes = new Map<string, number>()

  of(artifactUid: string, site?: string): number {
    return this.#bytes.get(accountKey(artifactUid, site)) ?? 0
  }

  set(artifactUid: string, site: string | undefined, bytes: number): void {
    this.#bytes.set(accountKey(artifactUid, site), bytes)
  }

  forget(artifactUid: string): void {
    for (const account of this.#bytes.keys()) if (account.startsWith(artifactUid)) this.#bytes.delete(account)
  }
}

/** Nodes without a site label are a site, too, and another account than that of all. */
const accountKey = (artifactUid: string, site: string | undefined): string =>
  site === undefined ? artifactUid : `${artifactUid}/${site}`
