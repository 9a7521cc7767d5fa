// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { p2pProfile } from '../objects.ts'
import { bandwidthRules } from './p2p-profile/bandwidth.ts'
import { folderRules } from './p2p-profile/folders.ts'
import { networkRules } from './p2p-profile/network.ts'
import { originRules } from './p2p-profile/origin.ts'
import { podRules } from './p2p-profile/pods.ts'
import { conflict, invalid, type SpecRule } from './spec-rule.ts'

const labels = ['store/', '/store', 'Store.example/zone', 'store number', '-store'].map(
  (siteLabel): SpecRule => ({
    name: `site label "${siteLabel}"`,
    object: p2pProfile({ siteLabel }),
    message: invalid(
      'spec.siteLabel',
      siteLabel,
      'must be the key of a node label, such as topology.kubernetes.io/zone or example.com/store, or empty for one site',
    ),
  }),
)

const replacements = [0, '0%', '101%', '5', 'all'].map(
  (maxUnavailable): SpecRule => ({
    name: `maxUnavailable ${JSON.stringify(maxUnavailable)}`,
    object: p2pProfile({ updateStrategy: { maxUnavailable } }),
    message: invalid(
      'spec.updateStrategy.maxUnavailable',
      maxUnavailable,
      'must be a number of at least 1 or a percentage from 1% to 100%, such as 10 or 25%',
    ),
  }),
)

/** Rules of P2PProfile. */
export const p2pProfileRules: SpecRule[] = [
  ...networkRules,
  ...folderRules,
  ...bandwidthRules,
  ...originRules,
  ...podRules,
  ...labels,
  ...replacements,
  {
    name: 'a selector that needs values',
    object: p2pProfile({ allowedNamespaces: { matchExpressions: [{ key: 'team', operator: 'In' }] } }),
    message: conflict(
      'spec.allowedNamespaces.matchExpressions[0]',
      'operators In and NotIn need at least one of `values`, Exists and DoesNotExist take none',
    ),
  },
  {
    name: 'a toleration of every taint by mistake',
    object: p2pProfile({ tolerations: [{ operator: 'Equal', value: 'x' }] }),
    message: conflict(
      'spec.tolerations[0]',
      'an empty key tolerates every taint and needs `operator: Exists`: write it, or write the key',
    ),
  },
  {
    name: 'a profile name that no Service could carry',
    object: p2pProfile({}, 'a.b'),
    message: conflict(
      '<nil>',
      "metadata.name must be 1 to 32 lower-case letters, digits and '-', beginning and ending with a letter or digit, because Services and labels carry it: write a name such as default",
    ),
  },
]
