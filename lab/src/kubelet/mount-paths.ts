// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
/** A path inside the container, and where the files really lie. */
export interface Mount {
  mountPath: string
  location: string
}

/**
 * Containers are plain processes here, without a file system of their own. So wherever a variable or an argument
 * names a mount path, or something below it, the place where the volume lies is put instead. A path counts as named
 * when it stands alone or between the separators of lists ("/a=/b,/c:/d").
 *
 * In a list of "host path=mount path" only the right side is replaced: the left one is a name, also where both are equal.
 */
export function rewriteMountPaths(text: string, mounts: readonly Mount[]): string {
  const longestFirst = mounts.toSorted((a, b) => b.mountPath.length - a.mountPath.length)
  return text.replaceAll(
    /(^|[=,:;\s])(\/[^=,:;\s]*)(?=(=?))/g,
    (match, before: string, path: string, equals: string) => {
      if (equals) return match
      const mount = longestFirst.find(
        ({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`),
      )
      return mount ? `${before}${mount.location}${path.slice(mount.mountPath.length)}` : match
    },
  )
}
