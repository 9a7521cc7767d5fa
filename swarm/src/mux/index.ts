// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { MuxViolationError, muxProtocol } from './frame.ts'
export { type DirectConnection, type MuxInit, mux } from './muxer.ts'
export { firstWindow, mostWindow } from './read-window.ts'
export { MuxStream } from './stream.ts'
