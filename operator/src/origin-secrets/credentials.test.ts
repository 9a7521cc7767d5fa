// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { type Credentials, credentialsOf } from './credentials.ts'

const read = (texts: Record<string, string>, type: string | undefined = 'patchswarm.dev/origin') =>
  credentialsOf({
    ...(type && { type }),
    data: Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    ),
  })

test.for<{ name: string; texts: Record<string, string>; type?: string; gives: Credentials }>([
  {
    name: 'user name and password are basic auth',
    texts: { username: 'ann', password: 'pä:ss' },
    gives: { headers: { authorization: `Basic ${Buffer.from('ann:pä:ss').toString('base64')}` } },
  },
  {
    name: 'other keys are headers, without the line break of a file',
    texts: { Authorization: 'Bearer abc\n', 'X-Api-Key': 'k' },
    gives: { headers: { authorization: 'Bearer abc', 'x-api-key': 'k' } },
  },
  {
    name: 'another type is not read',
    texts: { password: 'x' },
    type: 'Opaque',
    gives: { problem: 'is of type Opaque, not patchswarm.dev/origin' },
  },
  { name: 'nothing is no credential', texts: {}, gives: { problem: 'is empty' } },
  {
    name: 'a password needs its user',
    texts: { password: 'x' },
    gives: { problem: 'has password alone: basic auth needs username and password' },
  },
  {
    name: 'a range is not the user’s to ask for',
    texts: { Range: 'bytes=0-1' },
    gives: { problem: 'has the key Range, a header that Patchswarm sets itself' },
  },
  {
    name: 'a header cannot end and another begin',
    texts: { 'X-A': 'secret\r\nHost: evil' },
    gives: { problem: 'has characters in X-A that no header may have' },
  },
  {
    name: 'a header stands once',
    texts: { username: 'a', password: 'b', Authorization: 'c' },
    gives: { problem: 'has the header Authorization twice' },
  },
])('$name', ({ texts, type, gives }) => {
  expect(read(texts, type)).toEqual(gives)
})
