// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { p2pProfile } from '../../objects.ts'
import { conflict, invalid, type SpecRule } from '../spec-rule.ts'

const labels =
  "must be labels as nodes carry them, keys of letters, digits, '-', '_' and '.' behind a domain or none, values of the same or empty, such as {example.com/pool: edge}"

const selectors = [{ 'a b': 'c' }, { pool: 'an edge' }, { 'Example.com/pool': 'edge' }].map(
  (nodeSelector): SpecRule => ({
    name: `node selector ${JSON.stringify(nodeSelector)}`,
    object: p2pProfile({ nodeSelector }),
    message: conflict('spec.nodeSelector', labels),
  }),
)

const tolerations: SpecRule[] = [
  {
    name: 'a toleration of a key that no taint has',
    object: p2pProfile({ tolerations: [{ key: 'a b', operator: 'Exists' }] }),
    message: invalid(
      'spec.tolerations[0].key',
      'a b',
      'must be the key of a taint, such as dedicated or example.com/gpu',
    ),
  },
  {
    name: 'a toleration of a value that no taint has',
    object: p2pProfile({ tolerations: [{ key: 'a', value: 'b c' }] }),
    message: invalid(
      'spec.tolerations[0].value',
      'b c',
      "must be the value of a taint, of letters, digits, '-', '_' and '.', such as edge",
    ),
  },
  {
    name: 'seconds of a toleration that evicts nobody',
    object: p2pProfile({ tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 5 }] }),
    message: conflict(
      'spec.tolerations[0]',
      'tolerationSeconds is about effect NoExecute alone: write `effect: NoExecute`, or leave tolerationSeconds out',
    ),
  },
]

const resources = (where: string, of: (resources: object) => SpecRule['object']): SpecRule[] => [
  {
    name: `${where}: more requested than allowed`,
    object: of({ requests: { memory: '1Gi' }, limits: { memory: '512Mi', cpu: 1 } }),
    message: conflict(
      where,
      'requests must not be more than limits: write a smaller request or a larger limit',
    ),
  },
  {
    name: `${where}: a resource that there is not`,
    object: of({ limits: { memroy: '1Gi' } }),
    message: conflict(
      `${where}.limits`,
      'must name cpu, memory and ephemeral-storage alone, such as {cpu: 100m, memory: 256Mi}',
    ),
  },
]

/** What no Pod could have: its DaemonSet or StatefulSet would be refused. */
export const podRules: SpecRule[] = [
  ...selectors,
  ...tolerations,
  ...resources('spec.resources', (one) => p2pProfile({ resources: one })),
  ...resources('spec.seeder.resources', (one) => p2pProfile({ seeder: { resources: one } })),
]
