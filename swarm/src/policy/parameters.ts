// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** The numbers of the chunk policy; times in milliseconds. */
export interface Parameters {
  /** Chunks the seeder deals at once (c). */
  readonly deals: number
  /** Chunks the seeder deals at once to other sites. */
  readonly dealsAcross: number
  /** Uploads accepted or offered at once to other sites, counted apart from U. */
  readonly uploadsAcross: number
  /** Requests in flight at once from other sites, counted apart from R. */
  readonly requestsAcross: number
  /** Tokens a receiver keeps at a dealing seeder (k). */
  readonly tokens: number
  /** Uploads accepted or offered at once (U). */
  readonly uploads: number
  /** Requested chunks in flight at once (R); dealt and late ones do not count. */
  readonly requests: number
  /** Requests without an invitation that are taken beyond U; more are told BUSY. */
  readonly uninvited: number
  /** A request older than this many usual times does not count against R. */
  readonly lateFactor: number
  /** A request older than this many usual times is made elsewhere too. */
  readonly hedgeFactor: number
  /** Never hedge before this: a pause of a garbage collector or a disk is no dead peer. */
  readonly hedgeFloorMs: number
  /** Taken for the usual time of a request before any has been answered. */
  readonly initialUsualMs: number
  /** Somebody who answers for chunks and brings none of them for so long is passed over (or four usual times, if longer). */
  readonly silenceMs: number
  /** With nothing in flight and no invitation for this long (or 4τ, if longer) a node asks unasked. */
  readonly starvedMs: number
  /** An invitation without an answer is forgotten after this. */
  readonly offerMs: number
  /** This part of requests is for the first chunk that is lacking, the others for the rarest. */
  readonly inOrder: number
  /** A peer that let this many requests lapse without sending anything is not trusted with further ones. */
  readonly misses: number
}

/**
 * For real networks. An uplink that finds its two or three receivers busy with others stands idle until it has noticed and
 * invited somebody else, and what it says waits in the queues of both links; with eight at once one of them has room.
 */
export const defaultParameters: Parameters = {
  deals: 8,
  tokens: 4,
  uploads: 8,
  requests: 16,
  dealsAcross: 4,
  uploadsAcross: 1,
  requestsAcross: 2,
  uninvited: 4,
  lateFactor: 2,
  hedgeFactor: 4,
  hedgeFloorMs: 100,
  initialUsualMs: 1000,
  inOrder: 0.25,
  silenceMs: 4000,
  starvedMs: 20,
  offerMs: 1000,
  misses: 2,
}

/** The fewest at once, each the sooner there: best where links have no queues and idle uplinks are noticed at once. */
export const leanParameters: Parameters = {
  ...defaultParameters,
  deals: 2,
  tokens: 2,
  uploads: 2,
  requests: 4,
  inOrder: 0,
}

const mostUploads = 16
const mostRequests = 32

/**
 * At least by the bandwidth-delay product: U and k 2 + round(4·RTT/τ), R twice that (τ: time of one chunk at the link's rate). Twice
 * the product would do if τ were known: what is seen are gaps between chunks, and an uplink that is idle for too few looks slow.
 */
export function forLatency(
  base: Parameters,
  rttMs: number,
  tauUpMs: number | undefined,
  tauDownMs: number | undefined,
): Parameters {
  const needed = (tau: number | undefined) =>
    tau === undefined ? 0 : 2 + Math.round((4 * rttMs) / Math.max(tau, 0.01))
  const [up, down] = [needed(tauUpMs), needed(tauDownMs)]
  return {
    ...base,
    tokens: Math.max(base.tokens, Math.min(down, mostUploads)),
    uploads: Math.max(base.uploads, Math.min(up, mostUploads)),
    requests: Math.max(base.requests, Math.min(2 * down, mostRequests)),
  }
}
