// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { NoSpaceError } from '../store/errors.ts'
import { DigestMismatchError } from './errors.ts'
import { asDeliveryError } from './failure.ts'

const systemError = (code: string) => Object.assign(new Error(code), { code })

test.for([
  { code: 'ENOSPC', reason: 'InsufficientDisk' },
  { code: 'EDQUOT', reason: 'InsufficientDisk' },
  { code: 'EROFS', reason: 'TargetNotWritable' },
  { code: 'EACCES', reason: 'TargetNotWritable' },
  { code: 'EPERM', reason: 'TargetNotWritable' },
  { code: 'EISDIR', reason: 'TargetNotWritable' },
  { code: 'EIO', reason: 'TargetNotWritable' },
  { code: 'ENAMETOOLONG', reason: 'InvalidDirectory' },
])('$code becomes $reason, naming the path and keeping the cause', ({ code, reason }) => {
  const cause = systemError(code)
  const error = asDeliveryError(cause, '/srv/x')
  expect(error).toMatchObject({ reason, cause })
  expect(String(error)).toContain('/srv/x')
})

test('a full disk met by the writer becomes InsufficientDisk', () => {
  const error = new NoSpaceError('full', { cause: systemError('ENOSPC') })
  expect(asDeliveryError(error, '/srv/x')).toMatchObject({ reason: 'InsufficientDisk' })
})

test('a failure that has its reason, or is no system error, stays what it is', () => {
  const mismatch = new DigestMismatchError('x')
  const bug = new TypeError('x')
  expect([asDeliveryError(mismatch, '/x'), asDeliveryError(bug, '/x')]).toEqual([mismatch, bug])
})
