// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Network, Place } from './network.ts'

/** The file as it lies in the source's folder, and where. */
export interface Seed {
  /** Its link has the origin's rate when there is an origin, the rate of all links otherwise. */
  readonly place: Place
  readonly file: string
  readonly size: number
  readonly sha256: string
  /**
   * With an origin nothing may be prepared by a system that can read one: only `place` may send the file, over HTTP.
   * Systems that cannot have their seed at `place`, and prepared.
   */
  readonly atOrigin: boolean
  /** For further places that the system needs, and programs outside of all places (a tracker). */
  readonly network: Network
  /** Of every link but the source's, bytes a second; undefined when links are not shaped. */
  readonly linkRate: number | undefined
}

/** One node that is to get the file. */
export interface Receiver {
  /** Where the whole file lies after `receive`; its digest is checked then. */
  readonly file: string
  /** Begins now and resolves when the file is there under its name; rejects when it never will be. */
  receive(): Promise<void>
  /** Chunks that it was sent and found wrong, when it counts them. */
  wrongChunks?(): Promise<number>
}

/** A system that runs: the seed is ready. Programs started at a place need not be stopped, they end with it. */
export interface Started {
  /** Brings up all of a receiver that may be up before the file is wanted. */
  join(place: Place): Promise<Receiver>
  /** As `join`, but this one sends garbage in place of every chunk. */
  joinLiar?(place: Place): Promise<Receiver>
  /** All receivers have joined: the last chance for connections among them. */
  ready?(): Promise<void>
  /** Payload that the source has sent so far, when the system counts it; else its link's counter is taken. */
  sentBytes?(): Promise<number>
  /** Processes outside of all places whose CPU time counts as the seed's. */
  readonly processes?: readonly number[]
  stop(): Promise<void>
}

/**
 * One way to bring a file to many nodes. A plug-in is a module whose default export is one of these:
 * `--systems patchswarm,./my-system.ts`. Programs must be started by `place.start`, which puts them on its link.
 */
export interface System {
  readonly name: string
  /** Why it cannot run on this machine (which package brings what is missing); undefined when it can. */
  missing(): Promise<string | undefined>
  start(seed: Seed): Promise<Started>
}
