// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { patchArtifact } from '../objects.ts'
import { conflict, invalid, notAllChecked, type SpecRule } from './spec-rule.ts'

const fileNames = ['a/b', '.', '..', '/etc/passwd', 'a\tb', 'ä'.repeat(101)].map(
  (fileName): SpecRule => ({
    name: `file name ${JSON.stringify(fileName).slice(0, 20)}, which is no path segment`,
    object: patchArtifact({ fileName }),
    message: invalid(
      'spec.fileName',
      fileName,
      "must be one path segment of at most 200 bytes: no '/', no control character, not '.' or '..'; write the folder into the DistributionJob's delivery.directory",
    ),
  }),
)

const urls = [
  'ftp://example.com/a.bin',
  'https://user:secret@example.com/a.bin',
  'https://example.com',
  'https://example.com/a b.bin',
  'https://example.com/a.bin#x',
].map(
  (url): SpecRule => ({
    name: `URL ${url}`,
    object: patchArtifact({ fileName: 'a.bin', sources: [{ http: { url } }] }),
    message: invalid(
      'spec.sources[0].http.url',
      url,
      "must be an http:// or https:// URL with a path and without user name, password, space and '#', such as https://downloads.example.com/patches/patch-1.0.bin",
    ),
  }),
)

const digests = [
  `sha256:${'A'.repeat(64)}`,
  'sha256:00',
  'sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709',
  '0'.repeat(64),
].map(
  (value): SpecRule => ({
    name: `digest ${value.slice(0, 12)}…`,
    object: patchArtifact({ digest: value }),
    message: invalid(
      'spec.digest',
      value,
      'must be sha256: followed by 64 lower-case hex digits, as `sha256sum FILE` prints them',
    ),
  }),
)

const url = 'https://example.com/a.bin'

/** What a source may ask for beside its URL. */
const accesses: SpecRule[] = [
  {
    name: 'a Secret with a name that none can have',
    object: patchArtifact({ sources: [{ http: { url, secretRef: { name: 'Login_1' } } }] }),
    message: invalid(
      'spec.sources[0].http.secretRef.name',
      'Login_1',
      'must be the name of a Secret, such as mirror-login',
    ),
  },
  {
    name: 'certificates in base64 once more',
    object: patchArtifact({ sources: [{ http: { url, caBundle: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t' } }] }),
    message: invalid(
      'spec.sources[0].http.caBundle',
      'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t',
      'must be certificates in PEM, beginning with -----BEGIN CERTIFICATE-----, not in base64 once more',
    ),
  },
  ...['proxy.example.com:3128', 'http://ann:x@proxy.example.com', 'http://proxy.example.com/path'].map(
    (proxy): SpecRule => ({
      name: `proxy ${proxy}`,
      object: patchArtifact({ sources: [{ http: { url, proxy } }] }),
      message: invalid(
        'spec.sources[0].http.proxy',
        proxy,
        'must be an http:// or https:// URL of host and port alone, such as http://proxy.example.com:3128',
      ),
    }),
  ),
]

const publicKey = '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n'

const signatures: SpecRule[] = [
  ...[{}, { value: 'AAAAAAAA', url }].map(
    (where): SpecRule => ({
      name: `a signature in ${Object.keys(where).length} places`,
      object: patchArtifact({ signature: { publicKey, ...where } }),
      message: conflict(
        'spec.signature',
        'needs the signature itself or where it is: write value or url, and not both',
      ),
    }),
  ),
  {
    name: 'a private key',
    object: patchArtifact({ signature: { publicKey: '-----BEGIN PRIVATE KEY-----', value: 'AAAAAAAA' } }),
    message: invalid(
      'spec.signature.publicKey',
      '-----BEGIN PRIVATE KEY-----',
      'must be a public key in PEM, beginning with -----BEGIN PUBLIC KEY-----',
    ),
  },
  {
    name: 'a signature that is not in base64',
    object: patchArtifact({ signature: { publicKey, value: '-----BEGIN SIGNATURE-----' } }),
    message: invalid(
      'spec.signature.value',
      '-----BEGIN SIGNATURE-----',
      'must be a signature in base64 on one line',
    ),
  },
  {
    name: 'a signature on no web server',
    object: patchArtifact({ signature: { publicKey, url: 'ftp://example.com/a.sig' } }),
    message: invalid(
      'spec.signature.url',
      'ftp://example.com/a.sig',
      "must be an http:// or https:// URL with a path and without user name, password, space and '#', such as https://downloads.example.com/patches/patch-1.0.bin.sig",
    ),
  },
]

const firstUse = (over: object) => patchArtifact({ digest: undefined, ...over })

const firstUses: SpecRule[] = [
  ...[firstUse({}), firstUse({ trustOnFirstUse: false }), patchArtifact({ trustOnFirstUse: true })].map(
    (object, index): SpecRule => ({
      name: `no digest and no trust, or both: ${index}`,
      object,
      message: conflict(
        'spec',
        'needs the digest of the file: write digest, or trustOnFirstUse: true to take what is read first, and not both',
      ),
    }),
  ),
  {
    name: 'trust in two sources at once',
    object: firstUse({ trustOnFirstUse: true, sources: [{ http: { url } }, { http: { url } }] }),
    message: conflict(
      'spec.sources',
      'must be one source with trustOnFirstUse: nothing says whether two have the same file',
    ),
  },
]

const places: SpecRule[] = [
  ...[{}, { http: { url }, file: { path: 'a.bin' } }].map(
    (source): SpecRule => ({
      name: `a source in ${Object.keys(source).length} places`,
      object: patchArtifact({ fileName: 'a.bin', sources: [source] }),
      message: conflict('spec.sources[0]', 'must be one place: write http or file, and not both'),
    }),
  ),
  ...['/etc/passwd', '../token', 'a/../../token', 'a//b', 'a/', 'a b'].map(
    (path): SpecRule => ({
      name: `imported file ${path}`,
      object: patchArtifact({ fileName: 'a.bin', sources: [{ file: { path } }] }),
      message: invalid(
        'spec.sources[0].file.path',
        path,
        "must be a path below the import folder, of letters, digits and . _ + ~ @ = - without '/' at its ends, '//', '.' and '..', such as 2026-11/patch-1.0.bin",
      ),
    }),
  ),
]

/** Rules of PatchArtifact. */
export const patchArtifactRules: SpecRule[] = [
  ...fileNames,
  ...urls,
  ...digests,
  ...accesses,
  ...signatures,
  ...firstUses,
  ...places,
  {
    name: 'an artifact name that no label could carry',
    object: patchArtifact({}, 'a'.repeat(64)),
    message: conflict(
      '<nil>',
      'metadata.name must have at most 63 characters, because labels carry it: write a shorter name',
    ),
  },
  {
    name: 'a URL without a file name, and no fileName',
    object: patchArtifact({ sources: [{ http: { url: 'https://example.com/latest/' } }] }),
    message: conflict(
      'spec.fileName',
      'set fileName: the first source is no URL that ends in a plain file name that nodes could use',
    ),
  },
  {
    name: 'no source',
    object: patchArtifact({ sources: [] }),
    message: invalid('spec.sources', [], 'spec.sources in body should have at least 1 items').replace(
      '[]',
      '0',
    ),
  },
  {
    name: 'a profile that cannot be a name',
    object: patchArtifact({ profile: 'My_Profile' }),
    message: invalid(
      'spec.profile',
      'My_Profile',
      "must be the name of a P2PProfile: at most 32 lower-case letters, digits and '-', such as default",
    ),
  },
  {
    name: 'a chunk size that is none',
    object: patchArtifact({ chunking: { size: 1000 } }),
    message: `spec.chunking.size: Unsupported value: 1000: supported values: "262144", "524288", "1048576", "2097152", "4194304"${notAllChecked}`,
  },
  {
    name: 'a way to cut that is none',
    object: patchArtifact({ chunking: { strategy: 'Rabin' } as never }),
    message: `spec.chunking.strategy: Unsupported value: "Rabin": supported values: "Fixed", "ContentDefined"${notAllChecked}`,
  },
  {
    name: 'chunks cut by content that could become longer than the longest',
    object: patchArtifact({ chunking: { strategy: 'ContentDefined', size: 2097152 } }),
    message: conflict(
      'spec.chunking.size',
      'must be 262144, 524288 or 1048576 with strategy ContentDefined: chunks may become four times as long',
    ),
  },
  {
    name: 'a budget below one copy',
    object: patchArtifact({ origin: { budgetFactor: 0.5 } }),
    message: invalid(
      'spec.origin.budgetFactor',
      0.5,
      'spec.origin.budgetFactor in body should be greater than or equal to 1',
    ),
  },
  {
    name: 'a negative size',
    object: patchArtifact({ size: -1 }),
    message: invalid('spec.size', -1, 'spec.size in body should be greater than or equal to 0'),
  },
]
