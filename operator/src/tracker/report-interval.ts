// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Agents report every two seconds in a small cluster; from 400 nodes on, 200 reports a second are shared among all. */
export const reportIntervalMs = (clients: number): number =>
  Math.min(60_000, Math.max(2000, (clients / 200) * 1000))
