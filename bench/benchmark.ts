// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** One of `npm run bench -- NAME [options]`. It prints for people, or one JSON document with --json. */
export interface Benchmark {
  /** One line. */
  readonly about: string
  /** What --help prints. */
  readonly help: string
  /** @throws UsageError when the options are wrong, ProgramError and MeasurementError when it cannot measure */
  run(args: readonly string[]): Promise<void>
}
