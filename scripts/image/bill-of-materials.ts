// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Component } from './packages.ts'

/** CycloneDX 1.6 of what an image holds. Not `npm sbom`: that lists what is installed, of which a bundle holds a small part. */
export function billOfMaterials(image: string, version: string, components: readonly Component[]): string {
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', name: `patchswarm-${image}`, version } },
    components: components.map(({ name, version, license, purl }) => ({
      type: 'library',
      'bom-ref': purl,
      name,
      version,
      purl,
      licenses: [{ expression: license }],
    })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** The texts of all licences, one after the other. */
export const licenseTexts = (components: readonly Component[]): string =>
  components
    .map(
      ({ name, version, license, licenseText }) =>
        `== ${name} ${version}: ${license}\n\n${licenseText.trim()}\n`,
    )
    .join('\n')
