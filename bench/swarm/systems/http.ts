// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Place } from '../network.ts'
import { findProgram, missingProgram } from '../requirements.ts'
import type { Receiver, Seed, Started, System } from '../system.ts'

/** Everybody fetches the whole file from one nginx by curl: what there is without peers. */
const http: System = {
  name: 'http',
  missing: async () => missingProgram('nginx', 'nginx-light') ?? missingProgram('curl', 'curl'),
  async start({ place, file }): Promise<Started> {
    await startNginx(place)
    const url = `http://${place.address}/${file.slice(place.folder.length + 1)}`
    return {
      join: async (receiver) => prepareCurl(receiver, url),
      async stop() {},
    }
  },
}
export default http

async function startNginx({ folder, address, start }: Seed['place']): Promise<void> {
  const config = join(folder, 'nginx.conf')
  const temporaries = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  await writeFile(
    config,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr;
events {}
http {
  access_log off; sendfile on; tcp_nopush on;
  ${temporaries.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server { listen ${address}:80; root ${folder}; }
}
`,
  )
  start([findProgram('nginx') ?? 'nginx', '-c', config, '-e', 'stderr'])
  await sleep(300)
}

/** The shell stays, and with it what curl has used. */
function prepareCurl({ folder, start }: Place, url: string): Receiver {
  const file = join(folder, 'received.bin')
  const program = start([
    'sh',
    '-c',
    'read go; curl -sSf -o "$1" "$2" && echo done; read end',
    'sh',
    file,
    url,
  ])
  return {
    file,
    async receive() {
      program.tell('go')
      await program.line('done')
    },
  }
}
