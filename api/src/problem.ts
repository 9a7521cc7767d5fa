// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { ErrorObject } from 'ajv'

/** What is wrong with one field of a file. */
export interface Problem {
  /** Path as people write it: spec.sources[0].http.url. */
  field: string
  /** The value that was found, as JSON, cut; undefined when there was none. */
  found: string | undefined
  /** What to write instead. */
  message: string
}

/** The sentence for a terminal: field, what was found, what to write. */
export function formatProblem({ field, found, message }: Problem): string {
  return found === undefined ? `${field}: ${message}` : `${field}: found ${found}: ${message}`
}

/** What ajv found, in the words of the API's users. */
export function problemOf(error: ErrorObject): Problem {
  const at = fieldPath(error.instancePath)
  switch (error.keyword) {
    case 'required':
      return {
        field: join(at, error.params.missingProperty),
        found: undefined,
        message: 'is missing: write it',
      }
    case 'additionalProperties':
      return {
        field: join(at, error.params.additionalProperty),
        found: undefined,
        message: `is no field of ${at || 'this kind'}: write one of ${Object.keys(error.parentSchema?.properties ?? {}).join(', ')}`,
      }
    case 'enum':
      return problem(at, error, `write one of ${error.params.allowedValues.join(', ')}`)
    case 'type':
      return problem(at, error, `write a value of type ${[error.params.type].flat().join(' or ')}`)
    default:
      return problem(at, error, `it ${error.message ?? 'is not valid'}`)
  }
}

function problem(field: string, error: ErrorObject, message: string): Problem {
  const json = JSON.stringify(error.data) ?? 'nothing'
  return { field, found: json.length > 80 ? `${json.slice(0, 79)}…` : json, message }
}

function join(at: string, name: string): string {
  return at ? `${at}.${name}` : name
}

/** /spec/sources/0/http/url → spec.sources[0].http.url */
function fieldPath(instancePath: string): string {
  return instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '')
}
