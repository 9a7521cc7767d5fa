// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { CrdSchema, CustomResourceDefinition } from './crd.ts'
import { type Problem, problemOf } from './problem.ts'

/** Kubernetes' own keywords say how objects are merged and checked by CEL: nothing that ajv could use. */
const kubernetesKeywords = [
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-validations',
]

/**
 * Makes the check for files of ours (examples, documentation, tests): the structure of the CRDs, unknown fields included.
 * CEL rules are not evaluated: only the API server does that.
 * @returns a function that lists all problems of one parsed document, none when it is valid
 */
export function createValidator(crds: readonly CustomResourceDefinition[]): (document: unknown) => Problem[] {
  const ajv = new Ajv({ strict: true, strictTypes: false, allErrors: true, verbose: true })
  addFormats.default(ajv)
  ajv.addVocabulary(kubernetesKeywords)
  const checks = new Map(crds.flatMap((crd) => checksOf(ajv, crd)))
  return (document) => {
    const { apiVersion, kind } = (document ?? {}) as { apiVersion?: unknown; kind?: unknown }
    const check = checks.get(`${apiVersion}/${kind}`)
    if (!check) return [unknownKind(`${apiVersion}/${kind}`, [...checks.keys()])]
    return check(document) ? [] : (check.errors ?? []).map(problemOf)
  }
}

function checksOf(ajv: Ajv, { spec }: CustomResourceDefinition): [string, ValidateFunction][] {
  return spec.versions.map(({ name, schema }) => [
    `${spec.group}/${name}/${spec.names.kind}`,
    ajv.compile(rootSchema(schema.openAPIV3Schema, spec.scope === 'Namespaced')),
  ])
}

function unknownKind(found: string, known: string[]): Problem {
  return { field: 'kind', found, message: `write one of ${known.join(', ')}` }
}

/** The schema of a CRD leaves metadata open; a file must at least have a name, and a namespace where one belongs. */
function rootSchema(schema: CrdSchema, namespaced: boolean): CrdSchema {
  const closed = closeObjects(schema)
  const metadata: CrdSchema = {
    type: 'object',
    required: namespaced ? ['name', 'namespace'] : ['name'],
    properties: {
      name: { type: 'string' },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      annotations: { type: 'object', additionalProperties: { type: 'string' } },
      ...(namespaced && { namespace: { type: 'string' } }),
    },
    additionalProperties: false,
  }
  return {
    ...closed,
    required: ['apiVersion', 'kind', 'metadata', ...(schema.required ?? [])],
    properties: { ...closed.properties, metadata },
  }
}

/** The API server drops fields it does not know; in a file they are a slip. */
function closeObjects(schema: CrdSchema): CrdSchema {
  return {
    ...schema,
    ...(schema.items && { items: closeObjects(schema.items) }),
    ...(schema.additionalProperties && { additionalProperties: closeObjects(schema.additionalProperties) }),
    ...(schema.properties && {
      properties: Object.fromEntries(
        Object.entries(schema.properties).map(([name, property]) => [name, closeObjects(property)]),
      ),
      additionalProperties: false,
    }),
  }
}
