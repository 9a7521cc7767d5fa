// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { FileHandle, open } from 'node:fs/promises'

/**
 * The end of a process, as the disk sees it: after so many operations no more are carried out, and whoever waits for one
 * waits for ever. Of the last one, if it is a write, half is done. What was done stays: the kernel writes it out.
 */
export class DyingDisk {
  #left = Number.POSITIVE_INFINITY
  #died = Promise.withResolvers<void>()
  #open = new Set<FileHandle>()

  /** From now on so many operations are carried out. */
  dieAfter(operations: number): void {
    this.#left = operations
    this.#died = Promise.withResolvers()
  }

  /** The next process: what the dead one had open is closed. */
  async live(): Promise<void> {
    this.dieAfter(Number.POSITIVE_INFINITY)
    const open = this.#open
    this.#open = new Set()
    await Promise.all([...open].map((file) => file.close().catch(() => {})))
  }

  /** Resolves when an operation was not carried out. */
  get died(): Promise<void> {
    return this.#died.promise
  }

  /** `node:fs/promises` on this disk. */
  wrap<M extends typeof import('node:fs/promises')>(real: M): M {
    const dies = <A extends unknown[], R>(operation: (...args: A) => Promise<R>) => {
      return (...args: A): Promise<R> => this.#step(() => operation(...args))
    }
    return {
      ...real,
      open: async (...args: Parameters<typeof open>) => this.#handle(await real.open(...args)),
      rename: dies(real.rename),
      rm: dies(real.rm),
      mkdir: dies(real.mkdir as (...args: unknown[]) => Promise<unknown>),
    }
  }

  #handle(file: FileHandle): FileHandle {
    const step = <R>(operation: () => Promise<R>, half?: () => Promise<unknown>) =>
      this.#step(operation, half)
    this.#open.add(file)
    return new Proxy(file, {
      get(target, name) {
        const value = Reflect.get(target, name, target)
        if (name === 'write') {
          return (bytes: Uint8Array, offset: number, length: number, position: number) =>
            step(
              () => target.write(bytes, offset, length, position),
              () => target.write(bytes, offset, length >> 1, position),
            )
        }
        if (name === 'truncate' || name === 'sync' || name === 'datasync') {
          return (...args: unknown[]) => step(() => value.apply(target, args))
        }
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  async #step<R>(operation: () => Promise<R>, half?: () => Promise<unknown>): Promise<R> {
    this.#left -= 1
    if (this.#left >= 0) {
      return operation()
    }
    if (this.#left === -1) await half?.()
    this.#died.resolve()
    return new Promise(() => {})
  }
}
