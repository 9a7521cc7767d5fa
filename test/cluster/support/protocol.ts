// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** What happened, with the time it took, as it happens and once more at the end. */
export class Protocol {
  readonly #lines: string[] = []

  async step<T>(what: string, act: () => Promise<T>): Promise<T> {
    const started = performance.now()
    const result = await act()
    this.note(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${what}`)
    return result
  }

  note(line: string): void {
    this.#lines.push(line)
    console.log(line)
  }

  summary(title: string): string {
    return [`\n${title}`, ...this.#lines].join('\n')
  }
}
