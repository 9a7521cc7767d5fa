// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { chmod, copyFile, cp, glob, mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { run } from '../../lab/src/process/index.ts'

/** What of the packages a program needs at run time; the rest is for builds, other languages and other encodings. */
const kept = [
  'lib*/ld-linux*',
  '{lib,usr/lib}/*/ld-linux*',
  '{lib,usr/lib}/*/lib{c,m,dl,pthread,rt,resolv,nss_dns,nss_files,gcc_s}[.-]*so*',
  'usr/lib/*/libstdc++.so.*',
  'usr/share/doc/*/copyright',
]

const files: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/:/none\nnonroot:x:65532:65532:nonroot:/:/none\n',
  'etc/group': 'root:x:0:\nnonroot:x:65532:\n',
  'etc/nsswitch.conf': 'hosts: files dns\n',
}

/** Fills a folder with all that Node needs to run, and nothing else: no shell, no package manager. */
export async function fillBase(directory: string, node: string, packages: readonly string[]): Promise<void> {
  const unpacked = `${directory}.packages`
  for (const path of packages) {
    await run('dpkg-deb', ['--extract', path, unpacked])
    await recordPackage(path, directory)
  }
  for await (const path of glob(kept, { cwd: unpacked })) {
    await mkdir(join(directory, dirname(path)), { recursive: true })
    await cp(join(unpacked, path), join(directory, path), { verbatimSymlinks: true })
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(directory, dirname(path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
  await copyFile('/etc/os-release', join(directory, 'etc/os-release'))
  await mkdir(join(directory, 'usr/local/bin'), { recursive: true })
  await copyFile(join(node, 'bin/node'), join(directory, 'usr/local/bin/node'))
  await chmod(join(directory, 'usr/local/bin/node'), 0o755)
}

/** Where scanners of images look for what came from Debian. */
async function recordPackage(path: string, directory: string): Promise<void> {
  const status = join(directory, 'var/lib/dpkg/status.d')
  await mkdir(status, { recursive: true })
  const [name = ''] = basename(path).split('_')
  await writeFile(join(status, name), await run('dpkg-deb', ['--field', path]))
}
