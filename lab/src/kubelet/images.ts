// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
/** What an image stands for in the lab: a program and its first arguments, as an ENTRYPOINT. */
export interface Image {
  entrypoint: readonly string[]
  /** Variables that a real image would set. */
  env?: Readonly<Record<string, string>>
}

/** By image name with its tag, exactly as Pods name it. Containers are processes: there is nothing to pull. */
export type Images = Readonly<Record<string, Image>>

/** The command of a container, by the rules of `command` and `args` against ENTRYPOINT; undefined for an unknown image. */
export function commandOf(
  container: { image?: string; command?: string[]; args?: string[] },
  images: Images,
): readonly string[] | undefined {
  const image = images[container.image ?? '']
  if (!image) return undefined
  return [...(container.command ?? image.entrypoint), ...(container.args ?? [])]
}
