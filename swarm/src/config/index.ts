// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { formatHostPort, type HostPort, parseHostPort } from './host-port.ts'
export * from './read-config.ts'
