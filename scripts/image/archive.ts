// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { run } from '../../lab/src/process/index.ts'

export interface Layer {
  /** Of the uncompressed tar. */
  diffId: string
  compressed: Buffer
}

export interface ImageSettings {
  /** Registry, name and tag. */
  reference: string
  architecture: 'amd64' | 'arm64'
  user: string
  entrypoint: readonly string[]
  /** Beside PATH. */
  environment: Readonly<Record<string, string>>
  labels: Readonly<Record<string, string>>
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The same tar of the same files, whoever owns them and whenever they were written. */
const sameTar = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu']

/** One layer of an image: a folder as it is. @param work an existing folder for the tar */
export async function layerOf(directory: string, work: string): Promise<Layer> {
  const file = join(work, 'layer.tar')
  await run('tar', [...sameTar, '-C', directory, '-cf', file, '.'])
  const tar = await readFile(file)
  return { diffId: `sha256:${digest(tar)}`, compressed: await promisify(gzip)(tar) }
}

/**
 * Writes an image as a tar that `ctr images import`, `docker load`, skopeo and others read: an OCI layout that also has
 * Docker's manifest.
 * @returns bytes of the compressed layers, which is what a node pulls
 */
export async function writeArchive(
  out: string,
  settings: ImageSettings,
  layers: readonly Layer[],
  work: string,
): Promise<number> {
  const { reference, architecture, user, entrypoint, environment, labels } = settings
  const layout = join(work, 'layout')
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true })
  const blob = async (mediaType: string, bytes: Buffer) => {
    const found = digest(bytes)
    await writeFile(join(layout, 'blobs/sha256', found), bytes)
    return { mediaType, digest: `sha256:${found}`, size: bytes.length }
  }
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
  const media = 'application/vnd.oci.image'
  const config = await blob(
    `${media}.config.v1+json`,
    json({
      architecture,
      os: 'linux',
      config: {
        User: user,
        Env: Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', ...environment }).map((pair) =>
          pair.join('='),
        ),
        Entrypoint: entrypoint,
        Labels: labels,
      },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      // Builders that go on from this image want as many entries as there are layers.
      history: layers.map(() => ({ created_by: 'npm run image' })),
    }),
  )
  const descriptors = await Promise.all(
    layers.map(({ compressed }) => blob(`${media}.layer.v1.tar+gzip`, compressed)),
  )
  const manifestType = `${media}.manifest.v1+json`
  const manifest = await blob(
    manifestType,
    json({ schemaVersion: 2, mediaType: manifestType, config, layers: descriptors }),
  )
  const annotations = {
    'io.containerd.image.name': reference,
    'org.opencontainers.image.ref.name': reference.split(':').at(-1),
  }
  const path = (one: { digest: string }) => `blobs/sha256/${one.digest.slice('sha256:'.length)}`
  const members = {
    'oci-layout': { imageLayoutVersion: '1.0.0' },
    'index.json': { schemaVersion: 2, manifests: [{ ...manifest, annotations }] },
    'manifest.json': [{ Config: path(config), RepoTags: [reference], Layers: descriptors.map(path) }],
  }
  for (const [name, value] of Object.entries(members)) await writeFile(join(layout, name), json(value))
  await run('tar', [...sameTar, '-C', layout, '-cf', out, ...Object.keys(members), 'blobs'])
  return descriptors.reduce((sum, { size }) => sum + size, 0)
}
