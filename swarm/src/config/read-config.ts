// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type HostPort, parseHostPort } from './host-port.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** How one variable is read. */
export interface Variable<T> {
  name: string
  /** Used when the variable is missing or empty; a variable without it is required. */
  fallback?: { value: T }
  /** For the message: "host:port, for example 0.0.0.0:7443". */
  expected: string
  /** Undefined when the text is not as expected. */
  parse(text: string): T | undefined
}

export interface ConfigProblem {
  variable: string
  /** Undefined when it is missing. */
  found: string | undefined
  expected: string
}

/** Everything that is wrong with the environment, at once. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(['the environment is not complete:', ...problems.map(describe)].join('\n  '))
    this.problems = problems
  }
}

/**
 * Reads the variables of a specification.
 *
 * @throws ConfigError with all problems.
 */
export function readConfig<T extends object>(
  environment: Environment,
  specification: { readonly [K in keyof T]: Variable<T[K]> },
): T {
  const problems: ConfigProblem[] = []
  const config: Partial<T> = {}
  for (const key of Object.keys(specification) as (keyof T)[]) {
    const variable = specification[key]
    const text = environment[variable.name]?.trim() || undefined
    const value = text === undefined ? variable.fallback?.value : variable.parse(text)
    if (value !== undefined) config[key] = value
    else if (text !== undefined || !variable.fallback) {
      problems.push({ variable: variable.name, found: text, expected: variable.expected })
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return config as T
}

/** Any text. */
export const text = (name: string, expected: string, fallback?: string): Variable<string> => ({
  name,
  expected,
  parse: (found) => found,
  ...withFallback(fallback),
})

/** Undefined when it is missing. */
export const optionalText = (name: string, expected: string): Variable<string | undefined> => ({
  name,
  expected,
  parse: (found) => found,
  fallback: { value: undefined },
})

export const oneOf = <const T extends string>(
  name: string,
  values: readonly T[],
  fallback?: NoInfer<T>,
): Variable<T> => ({
  name,
  expected: `one of ${values.join(', ')}`,
  parse: (found) => values.find((value) => value === found),
  ...withFallback(fallback),
})

export const hostPort = (name: string, expected: string, fallback?: HostPort): Variable<HostPort> => ({
  name,
  expected: `${expected} as host:port, for example 0.0.0.0:7443`,
  parse: parseHostPort,
  ...withFallback(fallback),
})

/** "host:port,host:port"; empty parts are dropped. */
export const hostPorts = (name: string, expected: string): Variable<HostPort[]> => ({
  name,
  expected: `${expected} as host:port, several with commas between`,
  parse(found) {
    const parsed = found.split(',').flatMap((part) => (part.trim() ? [parseHostPort(part.trim())] : []))
    return parsed.length > 0 && parsed.every((one) => one !== undefined) ? parsed : undefined
  },
})

const withFallback = <T>(fallback: T | undefined) =>
  fallback === undefined ? {} : { fallback: { value: fallback } }

function describe({ variable, found, expected }: ConfigProblem): string {
  const what = found === undefined ? 'is missing' : `is ${JSON.stringify(found.slice(0, 100))}`
  return `${variable} ${what}: set it to ${expected}`
}
