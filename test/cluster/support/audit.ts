// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** One request of ours, as the API server's audit log has it. */
export interface Request {
  user: string
  verb: string
  group: string
  /** With its subresource, as RBAC writes it: "pods/log". */
  resource: string
  name: string
  namespace: string
  code: number
  /** By the authoriser; admission may still refuse what it allows. */
  forbidden: boolean
}

interface AuditEvent {
  stage: string
  verb: string
  user: { username: string }
  objectRef?: {
    apiGroup?: string
    resource?: string
    subresource?: string
    name?: string
    namespace?: string
  }
  responseStatus?: { code?: number }
  annotations?: Record<string, string>
}

export function readAudit(log: string): Request[] {
  return log
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ stage, objectRef }) => stage === 'ResponseComplete' && objectRef !== undefined)
    .flatMap(requestsOf)
}

/** Server-side apply of what is not there yet is asked for as a patch, and allowed only to whom may create it, too. */
function requestsOf({ verb, user, objectRef, responseStatus, annotations }: AuditEvent): Request[] {
  const code = responseStatus?.code ?? 0
  const request: Request = {
    user: user.username,
    verb,
    group: objectRef?.apiGroup ?? '',
    resource: [objectRef?.resource, objectRef?.subresource].filter(Boolean).join('/'),
    name: objectRef?.name ?? '',
    namespace: objectRef?.namespace ?? '',
    code,
    forbidden: annotations?.['authorization.k8s.io/decision'] === 'forbid',
  }
  return verb === 'patch' && code === 201 ? [request, { ...request, verb: 'create' }] : [request]
}

/** What the operator asks for at moments that no test can bring about at will. */
export const RARE: Readonly<Record<string, string>> = {
  'get nodedistributions.patchswarm.dev': 'a row that an earlier leader made a moment ago',
  'get patchartifacts.patchswarm.dev':
    'somebody else writes an artifact while bytes of its origin are granted',
  'get pods': 'two Pods claim one node',
  'patch events': 'the same thing happens to the same object again',
}

export interface Rule {
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  verbs: string[]
}

/** Every single thing that the rules allow: a verb on a resource, with a name where the rule has names. */
export const permissionsOf = (rules: readonly Rule[]): string[] =>
  rules.flatMap(({ apiGroups = [], resources = [], resourceNames = [''], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) => verbs.map((verb) => permission(verb, resource, group, name))),
      ),
    ),
  )

/** What a request needed. Without its name as well: a rule without names covers it. */
export const usedBy = ({ verb, resource, group, name }: Request): string[] => [
  permission(verb, resource, group, name),
  permission(verb, resource, group, ''),
]

const permission = (verb: string, resource: string, group: string, name: string) =>
  [verb, group ? `${resource}.${group}` : resource, name].filter(Boolean).join(' ')
