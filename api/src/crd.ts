// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** The parts of a CustomResourceDefinition that files are validated by. */
export interface CustomResourceDefinition {
  spec: {
    group: string
    scope: string
    names: { kind: string }
    versions: { name: string; schema: { openAPIV3Schema: CrdSchema } }[]
  }
}

/** A structural schema: OpenAPI v3 as Kubernetes restricts it. */
export interface CrdSchema {
  type?: string
  description?: string
  default?: unknown
  format?: string
  enum?: unknown[]
  required?: string[]
  properties?: Record<string, CrdSchema>
  additionalProperties?: CrdSchema | false
  items?: CrdSchema
  'x-kubernetes-int-or-string'?: boolean
}
