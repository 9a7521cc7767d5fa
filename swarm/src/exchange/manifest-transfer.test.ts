// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { endsOf, manifestOf } from '../manifest/index.ts'
import { encode } from './encode.ts'
import { ManifestAssembly, manifestPart } from './manifest-transfer.ts'
import { leavesPerPart, mostFrameBytes } from './messages.ts'

const leaves = leavesPerPart + 5
const digests = Uint8Array.from({ length: 32 * leaves }, (_, i) => (i * 31) >>> 3)
const manifest = manifestOf({ size: leaves * 10 - 3, chunkSize: 10, digests })

test('a manifest of several parts is put together again', () => {
  const assembly = new ManifestAssembly(manifest.cid)
  expect(assembly.add(manifestPart(manifest, 0))).toBeUndefined()
  expect(assembly.next).toBe(leavesPerPart)
  expect(assembly.add(manifestPart(manifest, assembly.next))).toEqual(manifest)
})

const lengths = Array.from({ length: leaves }, (_, index) => 1 + ((index * 7) % 40))
const uneven = manifestOf({ size: endsOf(lengths).at(-1)!, chunkSize: 10, ends: endsOf(lengths), digests })

test('one whose leaves have lengths of their own is put together with them', () => {
  const assembly = new ManifestAssembly(uneven.cid)
  expect(assembly.add(manifestPart(uneven, 0))).toBeUndefined()
  expect(assembly.add(manifestPart(uneven, assembly.next))).toEqual(uneven)
})

test('one with a length changed is another artifact', () => {
  const [one = 0, two = 0, ...others] = lengths
  const other = manifestOf({ ...uneven, ends: endsOf([one + 1, two - 1, ...others]) })
  const assembly = new ManifestAssembly(uneven.cid)
  assembly.add(manifestPart(other, 0))
  expect(() => assembly.add(manifestPart(other, leavesPerPart))).toThrow(
    expect.objectContaining({ name: 'ManifestMismatchError' }),
  )
})

test('the fullest part with lengths fits into a frame', () => {
  expect(encode(manifestPart(uneven, 0)).length).toBeLessThan(mostFrameBytes)
})

test('a part without lengths is refused when the first one had them', () => {
  const assembly = new ManifestAssembly(uneven.cid)
  assembly.add(manifestPart(uneven, 0))
  const part = { ...manifestPart(uneven, leavesPerPart), format: 1, lengths: undefined }
  expect(() => assembly.add(part)).toThrow(expect.objectContaining({ name: 'ProtocolViolationError' }))
})

test('one with a digest changed is another artifact', () => {
  const changed = digests.slice()
  changed[40] = (changed[40] ?? 0) ^ 1
  const other = manifestOf({ ...manifest, digests: changed })
  const assembly = new ManifestAssembly(manifest.cid)
  assembly.add(manifestPart(other, 0))
  expect(() => assembly.add(manifestPart(other, leavesPerPart))).toThrow(
    expect.objectContaining({ name: 'ManifestMismatchError' }),
  )
})

const first = manifestPart(manifest, 0)
test.for([
  ['a part out of order', { ...first, first: 5 }],
  ['an empty part', { ...first, digests: new Uint8Array() }],
  ['half a digest', { ...first, digests: new Uint8Array(33) }],
  ['more digests than leaves', { ...first, leaves: 10 }],
  ['a format of the future', { ...first, format: 3 }],
  ['one that is still growing', { ...first, complete: false }],
] as const)('%s is refused', ([, part]) => {
  const assembly = new ManifestAssembly(manifest.cid)
  expect(() => assembly.add(part)).toThrow(expect.objectContaining({ name: 'ProtocolViolationError' }))
})

test('a part of another size than the first is refused', () => {
  const assembly = new ManifestAssembly(manifest.cid)
  assembly.add(first)
  const next = manifestPart(manifest, leavesPerPart)
  expect(() => assembly.add({ ...next, size: next.size - 1 })).toThrow(/does not fit/)
})
