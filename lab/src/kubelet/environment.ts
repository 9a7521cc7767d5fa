// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { EnvVar, Pod } from '@patchswarm/kube'

/** The container asks for something that this kubelet cannot give; the message names it. */
export class ContainerConfigError extends Error {
  override name = 'ContainerConfigError'
}

/** What a Pod's fields are before its status says so. */
export interface PodAddresses {
  hostIP: string
  podIP: string
}

/** The variables of a container, in order: fields of the Pod filled in and $(NAME) of earlier ones replaced. */
export function resolveEnvironment(
  variables: readonly EnvVar[],
  pod: Pod,
  addresses: PodAddresses,
): Record<string, string> {
  const resolved: Record<string, string> = {}
  for (const { name, value, valueFrom } of variables) {
    if (valueFrom === undefined) resolved[name] = expand(value ?? '', resolved)
    else if (valueFrom.fieldRef) resolved[name] = podField(valueFrom.fieldRef.fieldPath, pod, addresses)
    else throw new ContainerConfigError(`variable ${name}: the lab's kubelet knows value and fieldRef only`)
  }
  return resolved
}

/** $(NAME) becomes the variable's value, $$(NAME) stays $(NAME), and an unknown name stays as it is. */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([A-Za-z_][\w.-]*)\)/g, (match, name: string | undefined) => {
    if (name === undefined) return '$'
    return variables[name] ?? match
  })
}

const FIELDS: Record<string, (pod: Pod, addresses: PodAddresses) => string> = {
  'metadata.name': (pod) => pod.metadata.name,
  'metadata.namespace': (pod) => pod.metadata.namespace ?? '',
  'metadata.uid': (pod) => pod.metadata.uid ?? '',
  'spec.nodeName': (pod) => pod.spec.nodeName ?? '',
  'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? 'default',
  'status.hostIP': (_, { hostIP }) => hostIP,
  'status.podIP': (_, { podIP }) => podIP,
  'status.podIPs': (_, { podIP }) => podIP,
}

/** A field of the downward API, e.g. "metadata.labels['app']". */
export function podField(path: string, pod: Pod, addresses: PodAddresses): string {
  const field = FIELDS[path]
  if (field) return field(pod, addresses)
  const entry = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path)
  if (entry) return pod.metadata[entry[1] as 'labels' | 'annotations']?.[entry[2] as string] ?? ''
  throw new ContainerConfigError(`the lab's kubelet does not know the field ${path}`)
}
