// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createInterface } from 'node:readline'
import { startOrigin } from '../../../lab/src/origin/index.ts'

// Serves one file over HTTP on the node's own address, and says on request how many bytes of it it has sent.
const [file = '', address = '', etag = ''] = process.argv.slice(2)
const origin = await startOrigin({ file, fileName: 'file.bin', etag, address })
console.log(`url ${origin.url}`)
createInterface(process.stdin).on('line', (question) => {
  console.log(`sent-${question} ${origin.counters.bytes}`)
})
