// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { kind } from './providers/kind.ts'
import { story } from './story.ts'

await story(kind)
