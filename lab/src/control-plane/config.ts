// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
/** The variables of the environment that decide where programs come from; see binaries.ts. */
export type Environment = Readonly<Record<string, string | undefined>>

export const processEnvironment = (): Environment => process.env
