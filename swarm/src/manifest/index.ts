// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export * from './builder.ts'
export * from './chunking.ts'
export * from './cutter.ts'
export * from './dag.ts'
export * from './digest.ts'
export * from './encoding.ts'
export * from './growing-manifest.ts'
export * from './import-file.ts'
export * from './layout.ts'
export * from './leaves.ts'
export * from './manifest.ts'
export * from './signed-part.ts'
export * from './swarm-id.ts'
export type * from './types.ts'
