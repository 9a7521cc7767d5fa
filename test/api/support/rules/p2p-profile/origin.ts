// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { p2pProfile } from '../../objects.ts'
import { conflict, invalid, notAllChecked, type SpecRule } from '../spec-rule.ts'

/** Rules of a P2PProfile on reading sources. */
export const originRules: SpecRule[] = [
  {
    name: 'readers that nobody knows',
    object: p2pProfile({ origin: { access: 'Everybody' } }),
    message: `spec.origin.access: Unsupported value: "Everybody": supported values: "Seeders", "Agents"${notAllChecked}`,
  },
  {
    name: 'a fallback that nobody knows',
    object: p2pProfile({ origin: { fallback: 'Always' } }),
    message: `spec.origin.fallback: Unsupported value: "Always": supported values: "Never", "AfterStall"${notAllChecked}`,
  },
  ...[
    { name: 'seeders', spec: { origin: { perSite: true } } },
    { name: 'no sites', spec: { siteLabel: '', origin: { access: 'Agents', perSite: true } } },
  ].map(
    ({ name, spec }): SpecRule => ({
      name: `reading by site with ${name}`,
      object: p2pProfile(spec),
      message: conflict(
        'spec.origin.perSite',
        'needs agents that read and sites they are in: write origin.access: Agents and a siteLabel as well',
      ),
    }),
  ),
  {
    name: 'a fallback without patience',
    object: p2pProfile({ origin: { fallback: 'AfterStall', stallSeconds: 1 } }),
    message: invalid(
      'spec.origin.stallSeconds',
      1,
      'spec.origin.stallSeconds in body should be greater than or equal to 5',
    ),
  },
  ...['https://example.com', 'example.com:443', 'Example.com', '10.0.0.1/8', '*.', 'a..b', '300.1.2.3'].map(
    (domain): SpecRule => ({
      name: `a place for sources that is none: ${domain}`,
      object: p2pProfile({ origin: { allowedDomains: [domain] } }),
      message: invalid(
        'spec.origin.allowedDomains[0]',
        domain,
        "must be a host name in small letters such as downloads.example.com or *.example.com, '*', an IP address, or a network without host bits such as 10.96.0.0/12; no scheme, port or path",
      ),
    }),
  ),
  {
    name: 'a version of TLS that is not spoken any more',
    object: p2pProfile({ origin: { tlsMinVersion: '1.0' } } as never),
    message: `spec.origin.tlsMinVersion: Unsupported value: "1.0": supported values: "1.2", "1.3"${notAllChecked}`,
  },
]
