// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** A test as it is named in its source. */
export interface TestName {
  /** Path in the repository. */
  readonly file: string
  readonly title: string
  /** Of a table of tests the one whose name has these words. */
  readonly row?: string
}

/** The tiers of vitest.config.ts, by folder. */
export const projectOf = ({ file }: TestName): 'swarm' | 'api' | 'unit' =>
  file.startsWith('test/swarm/') ? 'swarm' : file.startsWith('test/api/') ? 'api' : 'unit'

/** Whether the source of the file has a test of that name, whichever quotes stand around it. */
export const isNamedIn = (source: string, { title, row }: Omit<TestName, 'file'>): boolean =>
  [title, ...(row === undefined ? [] : [row])].every((text) =>
    [`'${text}'`, `"${text}"`, `\`${text}\``].some((quoted) => source.includes(quoted)),
  )

/** Matches what vitest makes of the title: in a table of tests each row fills in words of its own. */
export const patternOf = ({ title }: TestName): string =>
  title
    .split(/%[a-z]|\$\w+/)
    .map((words) => words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')

/** Whether a test that has run is of this title, and whether it is the row that is meant. */
export const isOf = (name: TestName, ran: string): boolean => new RegExp(`^${patternOf(name)}$`).test(ran)
export const isMeant = (name: TestName, ran: string): boolean =>
  // vitest cuts long words off.
  isOf(name, ran) && (name.row === undefined || ran.includes(name.row.slice(0, 30)))
