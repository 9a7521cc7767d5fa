// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { given } from './providers/given.ts'
import { story } from './story.ts'

await story(given)
