// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
export { type Child, type ChildOptions, type Exit, StartError, startChild } from './child.ts'
export { logTail } from './log-tail.ts'
export { run } from './run.ts'
