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
  /** With so many requested chunks in flight nothing is asked of a seeder that has dealt everything. */
  readonly requestsOfDealer: number
  /** With fewer chunks than this left to ask for it is asked like anybody. */
  readonly lastChunks: number
  /** Requests without an invitation that are taken beyond U; more are told BUSY. */
  readonly uninvited: number
  /** A request older than this many usual times does not count against R. */
  readonly lateFactor: number
  /** A chunk is asked for elsewhere when nothing of it has come after this many usual times. */
  readonly hedgeFactor: number
  /**
   * And when it is not whole this many usual times after it began to come. Who sends it may be sending several others over
   * the same uplink, and what has come would be lost.
   */
  readonly hedgeBegunFactor: number
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
  requestsOfDealer: 4,
  lastChunks: 8,
  uninvited: 4,
  lateFactor: 2,
  hedgeFactor: 4,
  hedgeBegunFactor: 8,
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
  requestsOfDealer: 2,
  inOrder: 0,
}

const leastUploads = 2
const mostUploads = 16
const mostRequests = 32
/**
 * So much work at once keeps an uplink full, whatever its rate: a place that is free is noticed, offered and taken within it,
 * although every word waits in the queues of two links. More only brings each chunk later to those who would pass it on.
 */
const fullMs = 500

/** What a node knows of its links, in milliseconds. */
export interface LinkTimes {
  /** Of a word and its answer. */
  readonly rttMs?: number
  /** τ: of one chunk at the rate of the uplink, and of the downlink; undefined before any chunk went there. */
  readonly tauUpMs?: number | undefined
  readonly tauDownMs?: number | undefined
}

/**
 * How many at once. Within the base: U and c 2 + round(500 ms/τ), 2 before τ is known; R twice that, the base before it is known. And
 * at least by the bandwidth-delay product: U and k 2 + round(4·RTT/τ), R twice that. Twice the product would do if τ were
 * known: what is seen are gaps between chunks, and an uplink that is idle for too few looks slow.
 */
export function forLinks(base: Parameters, { rttMs = 0, tauUpMs, tauDownMs }: LinkTimes): Parameters {
  const filling = within(fullMs, tauUpMs, leastUploads)
  const taking = 2 * within(fullMs, tauDownMs, Infinity)
  const up = within(4 * rttMs, tauUpMs, 0)
  const down = within(4 * rttMs, tauDownMs, 0)
  return {
    ...base,
    deals: Math.min(base.deals, filling),
    tokens: Math.max(base.tokens, Math.min(down, mostUploads)),
    uploads: Math.max(Math.min(base.uploads, filling), Math.min(up, mostUploads)),
    requests: Math.max(Math.min(base.requests, taking), Math.min(2 * down, mostRequests)),
  }
}

/** How many chunks of a link leave or come in so much time, and two more. */
const within = (ms: number, tauMs: number | undefined, unknown: number): number =>
  tauMs === undefined ? unknown : leastUploads + Math.round(ms / Math.max(tauMs, 0.01))
