// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { LabelSelector, LabelSelectorRequirement } from '@patchswarm/api'

type Labels = Readonly<Record<string, string>>

/** Whether labels satisfy a selector, as the API server reads it: every part must hold; an empty selector matches all. */
export function matches(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  const exact = Object.entries(selector?.matchLabels ?? {})
  const expressions = selector?.matchExpressions ?? []
  return (
    exact.every(([key, value]) => labels[key] === value) && expressions.every((one) => holds(one, labels))
  )
}

function holds({ key, operator, values = [] }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
