// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** A run in which the nodes had the file after so many seconds. */
export const runOf = (...nodeSeconds: number[]) => ({
  nodeSeconds,
  sentBySource: 2 ** 20,
  sourceLink: 2 ** 20,
  received: 2 ** 21,
  sentByReceivers: [],
  cpuSeconds: { receivers: 1, seed: 1, others: 0 },
  peakRssBytes: 2 ** 27,
})
