// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Written } from '../objects.ts'

/** Wrong input and the whole answer of the API server to it. */
export interface SpecRule {
  name: string
  object: Written<'P2PProfile' | 'PatchArtifact' | 'DistributionJob' | 'NodeDistribution'>
  message: string
}

export const invalid = (field: string, value: unknown, message: string) =>
  `${field}: Invalid value: ${JSON.stringify(value)}: ${message}`

/** Rules over several fields: the API server does not print the value of an object. */
export const conflict = (field: string, message: string) => `${field}: Invalid value: ${message}`

/** What the API server adds when a wrong structure keeps it from evaluating the rules. */
export const notAllChecked =
  ', <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'
