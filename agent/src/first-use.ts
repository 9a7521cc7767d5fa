// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { open } from 'node:fs/promises'
import { hashFile } from '@patchswarm/swarm/delivery'

/** What file this is, in hex: said by whoever has read it first. @throws the signal's reason */
export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  await using file = await open(path)
  return await hashFile(file, { signal })
}
