// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { type Grown, hashFile } from './copy.ts'
export { checkCached, type DeliveredFile, type DeliveryOptions, deliver } from './deliver.ts'
export * from './errors.ts'
export { lookAfter, type Mark } from './guard.ts'
export {
  type DeliveryJournal,
  type JournalEntry,
  openJournal,
} from './journal.ts'
export { findLanding, type Landing, sharesExtents } from './landing.ts'
export { checkRoots, type RootCheck } from './roots.ts'
export type { Roots } from './target.ts'
export { removeTemporaries } from './temporaries.ts'
export { removeOlderVersions } from './versions.ts'
