// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'

/** sha256:<hex> of the spec, or what the first read was pinned to; empty before that with trustOnFirstUse. */
export const digestOf = ({ spec, status }: Pick<PatchArtifact, 'spec' | 'status'>): string =>
  spec.digest ?? status?.digest ?? ''
