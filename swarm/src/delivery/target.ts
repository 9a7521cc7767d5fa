// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { DirectoryNotAllowedError, InvalidDirectoryError } from './errors.ts'

/** Allowed roots: path on the host → where it is mounted in this program's view. */
export type Roots = ReadonlyMap<string, string>

/** Where a directory of the host is reached from here. */
export interface Target {
  /** The directory on the host, normalised. */
  readonly directory: string
  /** The allowed root it lies below, as the host names it. */
  readonly root: string
  /** Where that root is mounted. */
  readonly mount: string
  /** What to walk from the mount. */
  readonly components: readonly string[]
}

const MAX_NAME_BYTES = 255

/**
 * Finds the root that a directory lies below; of nested roots the innermost.
 * @throws InvalidDirectoryError, DirectoryNotAllowedError
 */
export function resolveTarget(directory: string, roots: Roots): Target {
  const components = splitAbsolute(directory)
  const candidates = [...roots]
    .map(([root, mount]) => ({ root, mount, parts: splitAbsolute(root) }))
    .filter(({ parts }) => parts.every((part, index) => components[index] === part))
    .sort((a, b) => b.parts.length - a.parts.length)
  const [best] = candidates
  if (best === undefined) {
    throw new DirectoryNotAllowedError(
      `${directory} is below none of the allowed roots (${[...roots.keys()].join(', ') || 'there are none'}): ` +
        'choose a directory below one or add a root to the profile',
    )
  }
  return {
    directory: `/${components.join('/')}`,
    root: best.root,
    mount: best.mount,
    components: components.slice(best.parts.length),
  }
}

/**
 * A file name is one path segment that leaves room for the name of the temporary file.
 * @throws InvalidDirectoryError
 */
export function checkFileName(name: string, spareBytes: number): void {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new InvalidDirectoryError(`"${name}" is no file name: write one path segment`)
  }
  if (Buffer.byteLength(name) > MAX_NAME_BYTES - spareBytes) {
    throw new InvalidDirectoryError(
      `The file name "${name}" is too long: write at most ${MAX_NAME_BYTES - spareBytes} bytes`,
    )
  }
}

/** "uid:gid". @throws InvalidDirectoryError */
export function parseOwner(owner: string): { uid: number; gid: number } {
  const [, uid, gid] = /^(\d{1,10}):(\d{1,10})$/.exec(owner) ?? []
  if (uid === undefined || gid === undefined) {
    throw new InvalidDirectoryError(`"${owner}" is no owner: write uid:gid in numbers`)
  }
  return { uid: Number(uid), gid: Number(gid) }
}

/** ".." is refused rather than resolved: with symbolic links it need not mean what it seems to. */
function splitAbsolute(path: string): string[] {
  if (!path.startsWith('/') || path.includes('\0')) {
    throw new InvalidDirectoryError(`"${path}" is no absolute path: begin it with /`)
  }
  const components = path.split('/').filter((component) => component !== '')
  if (components.some((component) => component === '.' || component === '..')) {
    throw new InvalidDirectoryError(`"${path}" contains . or ..: write the directory without them`)
  }
  return components
}
