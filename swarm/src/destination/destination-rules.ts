// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isIP } from 'node:net'
import { type AddressPolicy, createAddressPolicy } from '../node/addresses.ts'
import { internalKind } from './internal-address.ts'

export interface DestinationInit {
  /**
   * Hosts that may be asked: names, `*.name` for all below one, `*` for every name, IP addresses and networks. Empty:
   * every host. Addresses of the machine itself, of links, clouds and the cluster only when an address or a network
   * names them here: a name can be made to lead anywhere by whoever answers for it.
   */
  readonly allowedDomains: readonly string[]
  /** Networks of the cluster's Pods and Services. */
  readonly clusterNetworks: readonly string[]
}

/** Where one that reads origins may connect to. Each answer is why not, as the end of a sentence; undefined means it may. */
export interface DestinationRules {
  /** @param host of a URL: a name, or an IP address with or without brackets */
  refusesHost(host: string): string | undefined
  /** @param ip that a name was resolved to */
  refusesAddress(ip: string): string | undefined
}

/** @throws InvalidCidrError for something that looks like a network and is none */
export function destinationRules({ allowedDomains, clusterNetworks }: DestinationInit): DestinationRules {
  const names = allowedDomains.filter((entry) => !isNetwork(entry)).map(plain)
  const named = createAddressPolicy(allowedDomains.filter(isNetwork).map(asCidr))
  const cluster = createAddressPolicy(clusterNetworks)
  const refusesAddress = (ip: string): string | undefined => {
    if (named.allows(ip)) return undefined
    const kind = internalKind(ip) ?? (cluster.allows(ip) ? 'an address of the cluster' : undefined)
    return kind && `${ip} is ${kind}, which spec.origin.allowedDomains of the profile does not name`
  }
  return {
    refusesAddress,
    refusesHost(host) {
      const name = plain(host)
      if (allowedDomains.length > 0 && !isNamed(name, names, named)) {
        return `${name} is not named in spec.origin.allowedDomains of the profile`
      }
      return isIP(name) === 0 ? undefined : refusesAddress(name)
    },
  }
}

function isNamed(host: string, names: readonly string[], named: AddressPolicy): boolean {
  if (isIP(host) !== 0) return named.allows(host) || names.includes('*')
  return names.some((name) =>
    name === '*' ? true : name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name,
  )
}

const isNetwork = (entry: string): boolean => isIP(entry) !== 0 || entry.includes('/')

const asCidr = (entry: string): string =>
  entry.includes('/') ? entry : `${entry}/${isIP(entry) === 4 ? 32 : 128}`

/** A name as it is compared: small letters, without the dot at its end and the brackets of an IPv6 address. */
const plain = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
