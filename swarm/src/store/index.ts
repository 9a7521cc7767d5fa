// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { Bitmap } from './bitmap.ts'
export { replaceDurably } from './durable.ts'
export * from './errors.ts'
export { openStore, type StoreOptions } from './store.ts'
export type * from './types.ts'
