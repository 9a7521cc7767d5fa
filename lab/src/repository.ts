// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { join } from 'node:path'

/** The root of the repository: the lab runs the programs from their source. */
export const REPOSITORY = join(import.meta.dirname, '..', '..')

export const inRepository = (...path: string[]): string => join(REPOSITORY, ...path)
