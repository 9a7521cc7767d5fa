// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** After a chunk could not be stored, nothing is asked for so long. */
const storeRestMs = 5000

/** When a swarm stands still: as it is suspended, or as the store has refused something. The end of one is not the end of the other. */
export class Standstill {
  readonly #onChange: (stands: boolean) => void
  #suspended = false
  #rest: NodeJS.Timeout | undefined
  #stands = false

  constructor(onChange: (stands: boolean) => void) {
    this.#onChange = onChange
  }

  get stands(): boolean {
    return this.#stands
  }

  suspend(suspended: boolean): void {
    this.#suspended = suspended
    this.#look()
  }

  rest(): void {
    if (this.#rest === undefined) {
      this.#rest = setTimeout(() => {
        this.#rest = undefined
        this.#look()
      }, storeRestMs)
      this.#rest.unref()
      this.#look()
    }
  }

  #look(): void {
    const stands = this.#suspended || this.#rest !== undefined
    if (stands !== this.#stands) {
      this.#stands = stands
      this.#onChange(stands)
    }
  }
}
