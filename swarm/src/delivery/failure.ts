// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { errorCode } from '../store/durable.ts'
import { NoSpaceError } from '../store/errors.ts'
import {
  DeliveryError,
  InsufficientDiskError,
  InvalidDirectoryError,
  TargetNotWritableError,
} from './errors.ts'

/** Turns a system error met on `path` (as the host names it) into the failure that a user can act on. */
export function asDeliveryError(error: unknown, path: string): unknown {
  if (error instanceof DeliveryError) return error
  const code = errorCode(error instanceof NoSpaceError ? error.cause : error)
  const because = { cause: error }
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new InsufficientDiskError(`No space left for ${path}: free some on its file system`, because)
    case 'EROFS':
      return new TargetNotWritableError(`${path} is on a read-only file system: mount it writable`, because)
    case 'EACCES':
    case 'EPERM':
      return new TargetNotWritableError(`Not allowed to write ${path}: give the agent permission`, because)
    case 'EISDIR':
      return new TargetNotWritableError(`${path} is a directory: move it or choose another name`, because)
    case 'ENAMETOOLONG':
      return new InvalidDirectoryError(
        `${path} is too long for its file system: choose a shorter name`,
        because,
      )
    case '':
      return error
    default:
      return new TargetNotWritableError(`Writing ${path} failed with ${code}: check the disk`, because)
  }
}
