// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { networkInterfaces } from 'node:os'

/** This machine's loopback has an IPv6 address. */
export const withIPv6: boolean = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1')
