// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/**
 * What this release understands of what a tracker may ask. It grows by one with whatever an older agent would leave undone
 * without a word; the operator then asks it of newer ones alone (operator/src/distribution-job/needs.ts).
 * 2: method Copy and CacheOnly, keepVersions, guards, chunks that end where the content says.
 */
export const protocolVersion = 2

/** Agents before this are refused. */
export const oldestProtocolVersion = 1
