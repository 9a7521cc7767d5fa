// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { compile, type JSONSchema } from 'json-schema-to-typescript'
// By path: types are generated before anything can be built.
import type { CrdSchema, CustomResourceDefinition } from '../api/src/crd.ts'

/** Types that are the same for all kinds and stand in api/src by hand; the key is what the schema looks like. */
const shared = [
  {
    name: 'Condition',
    file: './condition.ts',
    fields: 'lastTransitionTime,message,observedGeneration,reason,status,type',
  },
  { name: 'LabelSelector', file: './metadata.ts', fields: 'matchExpressions,matchLabels' },
]

/**
 * Makes the TypeScript source of one kind. The types describe objects as the API server returns them: a field with a
 * default is always there, but for `status`, which nobody writes when creating.
 */
export async function crdTypes(
  crd: CustomResourceDefinition,
  from: string,
): Promise<{ fileName: string; source: string }> {
  const { group, names, versions } = crd.spec
  const version = versions[0]
  if (version === undefined) throw new Error(`${from} has no version`)
  const schema = version.schema.openAPIV3Schema
  const properties = schema.properties ?? {}
  const source = await compile(
    {
      ...typeSchema(schema),
      title: names.kind,
      required: ['metadata', ...(schema.required ?? [])],
      properties: {
        apiVersion: { ...describe(properties.apiVersion), tsType: `'${group}/${version.name}'` },
        kind: { ...describe(properties.kind), tsType: `'${names.kind}'` },
        metadata: { tsType: 'ObjectMeta' },
        spec: { ...typeSchema(properties.spec ?? {}), title: `${names.kind}Spec` },
        status: { ...typeSchema(properties.status ?? {}), title: `${names.kind}Status` },
      },
    },
    names.kind,
    {
      additionalProperties: false,
      bannerComment: '',
      // Tuples for bounded arrays help nobody: the API server checks the bounds.
      ignoreMinAndMaxItems: true,
      style: { semi: false, singleQuote: true, printWidth: 110 },
    },
  )
  return {
    fileName: `${kebabCase(names.kind)}.gen.ts`,
    source: `${header(from, source)}${source.trimEnd()}\n`,
  }
}

/** P2PProfile → p2p-profile. */
export function kebabCase(kind: string): string {
  return kind.replace(/([A-Za-z0-9])([A-Z][a-z])/g, '$1-$2').toLowerCase()
}

function header(from: string, source: string): string {
  const used = [{ name: 'ObjectMeta', file: './metadata.ts' }, ...shared].filter(({ name }) =>
    source.includes(name),
  )
  const files = [...new Set(used.map(({ file }) => file))].sort()
  const imports = files.map((file) => {
    const of = used.filter((type) => type.file === file).map(({ name }) => name)
    return `import type { ${of.sort().join(', ')} } from '${file}'\n`
  })
  return [
    '// SPDX-License-Identifier: Apache-2.0\n',
    '// SPDX-FileCopyrightText: The Patchswarm authors\n\n',
    `// Made from ${from} by scripts/generate.ts: do not edit, change the CRD and run \`npm run generate\`.\n`,
    ...imports,
    '\n',
  ].join('')
}

/** The schema without what is no type (CEL, limits, list types), the shared types named. */
function typeSchema(schema: CrdSchema): JSONSchema {
  if (schema['x-kubernetes-int-or-string']) return { ...describe(schema), tsType: 'number | string' }
  const fields = Object.keys(schema.properties ?? {})
    .sort()
    .join(',')
  const known = shared.find((type) => type.fields === fields)
  if (known) return { ...describe(schema), tsType: known.name }
  return {
    ...describe(schema),
    ...(schema.type && { type: schema.type as 'object' }),
    ...(schema.enum && { enum: schema.enum as string[] }),
    ...(schema.items && { items: typeSchema(schema.items) }),
    ...(schema.additionalProperties && { additionalProperties: typeSchema(schema.additionalProperties) }),
    ...(schema.properties && objectSchema(schema.properties, schema.required ?? [])),
  }
}

function objectSchema(properties: Record<string, CrdSchema>, required: string[]): JSONSchema {
  const entries = Object.entries(properties)
  const defaulted = entries.filter(([, property]) => property.default !== undefined).map(([name]) => name)
  return {
    properties: Object.fromEntries(entries.map(([name, property]) => [name, typeSchema(property)])),
    required: [...new Set([...required, ...defaulted])],
    additionalProperties: false,
  }
}

function describe(schema: CrdSchema | undefined): JSONSchema {
  if (!schema?.description) return {}
  const value = schema.default
  const isPlain = value !== undefined && typeof value !== 'object'
  return { description: schema.description + (isPlain ? `\n\nDefault: ${String(value)}.` : '') }
}
