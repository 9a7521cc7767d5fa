// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

// Makes the images of images/Dockerfile without Docker and without a registry: Node from npm, its libraries from Debian.
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Layer, layerOf, writeArchive } from './image/archive.ts'
import { fillBase } from './image/base.ts'
import { debianPackages } from './image/debian.ts'
import { nodePackage } from './image/node.ts'
import { type ImageName, images, root, version, writeProgramFiles } from './image/program-files.ts'

const help = `npm run image -- [options]: makes dist/image/operator.tar and agent.tar, for \`ctr images import\` and \`docker load\`

  --registry NAME   what stands before /operator and /agent (default ghcr.io/patchswarm)
  --tag TAG         (default the version)
  --arch ARCH       amd64 or arm64 (default this machine's)
  --out FOLDER      (default dist/image)`

/** As images/Dockerfile says, with the reasons. */
const users: Readonly<Record<ImageName, string>> = { operator: '65532:65532', agent: '0:0' }

const { values } = parseArgs({
  options: {
    registry: { type: 'string', default: 'ghcr.io/patchswarm' },
    tag: { type: 'string' },
    arch: { type: 'string', default: process.arch === 'arm64' ? 'arm64' : 'amd64' },
    out: { type: 'string', default: join(root, 'dist', 'image') },
    help: { type: 'boolean', default: false },
  },
})
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

const cache = join(homedir(), '.cache/patchswarm')

async function baseLayer(architecture: 'amd64' | 'arm64', node: string, work: string): Promise<Layer> {
  const packages = await debianPackages(architecture, join(cache, 'debian', architecture))
  await fillBase(join(work, 'base'), node, packages)
  return await layerOf(join(work, 'base'), work)
}

interface Base {
  architecture: 'amd64' | 'arm64'
  node: string
  layer: Layer
}

async function makeImage(image: ImageName, base: Base, work: string) {
  const { registry, tag = await version(), out } = values
  const files = join(out, image)
  await writeProgramFiles(image, files, base.node)
  const own = join(work, image)
  await cp(files, join(own, 'root', 'patchswarm'), { recursive: true })
  const reference = `${registry}/${image}:${tag}`
  const settings = {
    reference,
    architecture: base.architecture,
    user: users[image],
    // What agents say that they are.
    environment: { PATCHSWARM_VERSION: tag },
    entrypoint: ['node', `/patchswarm/${images[image][0]}.mjs`],
    labels: {
      'org.opencontainers.image.title': `patchswarm-${image}`,
      'org.opencontainers.image.version': tag,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
  }
  const archive = join(out, `${image}.tar`)
  const bytes = await writeArchive(
    archive,
    settings,
    [base.layer, await layerOf(join(own, 'root'), own)],
    own,
  )
  console.log(
    `${reference}: ${megabytes(bytes)} compressed (${megabytes(base.layer.compressed.length)} of it shared), ${archive}`,
  )
}

const architecture = (['amd64', 'arm64'] as const).find((one) => one === values.arch)
if (values.help) console.log(help)
else if (architecture === undefined) {
  console.error(`--arch ${values.arch}: amd64 or arm64`)
  process.exitCode = 1
} else {
  const work = await mkdtemp(join(tmpdir(), 'patchswarm-image-'))
  try {
    await mkdir(values.out, { recursive: true })
    const node = await nodePackage(architecture, join(cache, 'node'))
    const layer = await baseLayer(architecture, node, work)
    for (const image of Object.keys(images) as ImageName[]) {
      await makeImage(image, { architecture, node, layer }, work)
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
