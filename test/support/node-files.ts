// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readdir } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { sha256Of } from '../../lab/src/distribution/index.ts'
import type { Lab } from '../../lab/src/lab.ts'

/** Where a path of the node really lies. */
export const onNode = (lab: Lab, node: string, path: string): string => join(lab.node(node).root, path)

/** SHA-256 of what lies at a path of each node, '' where nothing does. */
export async function digestsOf(
  lab: Lab,
  path: string,
  nodes: readonly string[] = lab.nodeNames,
): Promise<Record<string, string>> {
  const digests = nodes.map(async (node) => [node, await sha256Of(onNode(lab, node, path)).catch(() => '')])
  return Object.fromEntries(await Promise.all(digests)) as Record<string, string>
}

/** What `digestsOf` gives when the same bytes lie on all of these nodes. */
export const all = (nodes: readonly string[], sha256: string): Record<string, string> =>
  Object.fromEntries(nodes.map((node) => [node, sha256]))

/** A file of a delivery that is not done: hidden, and under another name than the file's. */
export const isTemporary = (path: string): boolean => /^\..+\.patchswarm-[0-9a-f]+$/.test(basename(path))

/** Every file below a folder of a node with its SHA-256, temporary ones included; by path as the node names it. */
export async function filesBelow(lab: Lab, node: string, folder: string): Promise<Record<string, string>> {
  const root = lab.node(node).root
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const digests = files.map(async (file) => [`/${relative(root, file)}`, await sha256Of(file)])
  return Object.fromEntries(await Promise.all(digests)) as Record<string, string>
}
