// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

// Made from crds/patchswarm.dev_patchartifacts.yaml by scripts/generate.ts: do not edit, change the CRD and run `npm run generate`.
import type { Condition } from './condition.ts'
import type { ObjectMeta } from './metadata.ts'

/**
 * A PatchArtifact is one immutable file that a swarm of nodes can fetch. The seeder of its profile reads it once from an origin, checks it against the digest and serves it to the nodes. Nothing is delivered before a DistributionJob names it.
 */
export interface PatchArtifact {
  /**
   * Always patchswarm.dev/v1alpha1.
   */
  apiVersion?: 'patchswarm.dev/v1alpha1'
  /**
   * Always PatchArtifact.
   */
  kind?: 'PatchArtifact'
  metadata: ObjectMeta
  spec: PatchArtifactSpec
  status?: PatchArtifactStatus
}
/**
 * What the file is and where it comes from. All of it but `sources` is immutable: a new version of a file is a new PatchArtifact.
 */
export interface PatchArtifactSpec {
  /**
   * Name of the P2PProfile whose seeder reads the file and whose nodes hold it. It may be created later: until then the artifact waits with reason WaitingForProfile. Immutable. Example: default
   */
  profile: string
  /**
   * Where the file can be read, in order of preference: when one fails the next one goes on where it stopped, and the one that failed comes last for half a minute, longer each time. All must give the same bytes. 1 to 8. May be changed at any time, for example to add a mirror.
   *
   * Items: One place where the file can be read.
   */
  sources: {
    /**
     * A file below the import folder of the seeder (seeder.import of the profile), brought there by hand: for clusters that no network leads to. Needs fileName when it is the first source.
     */
    file?: {
      /**
       * Path below the import folder. Example: 2026-11/patch-1.0.bin
       */
      path: string
    }
    /**
     * A file behind an HTTP or HTTPS URL.
     */
    http?: {
      /**
       * Where the file is. Servers that answer range requests and send a strong ETag can be read in parts and resumed; others are read from the start. Example: https://downloads.example.com/patches/patch-1.0.bin
       */
      url: string
      /**
       * A Secret in the namespace of the artifact, of type patchswarm.dev/origin. Its keys username and password are basic auth, every other key is a header of that name. It reaches those that read the source and nobody else, and is sent to the host of the URL alone, not to where that redirects. The operator needs leave to read it: bind ClusterRole patchswarm-origin-secrets in the namespace.
       */
      secretRef?: {
        /**
         * Name of the Secret. Example: mirror-login
         */
        name: string
      }
      /**
       * Certificates in PEM that are trusted for this source instead of those of the system, also where it redirects.
       */
      caBundle?: string
      /**
       * Proxy that the source is reached through, also where it redirects. origin.allowedDomains of the profile holds for it as for the source; what the name of the source leads to is then up to the proxy. Example: http://proxy.example.com:3128
       */
      proxy?: string
    }
  }[]
  /**
   * SHA-256 of the whole file as sha256: and 64 lower-case hex digits. Seeder and every node check the file against it; a file with another one is never delivered. `sha256sum FILE` prints it. Left out only with trustOnFirstUse. Immutable.
   */
  digest?: string
  /**
   * Takes the file that the seeder reads first for the right one, whatever it is, and pins its digest in status.digest: every later read and every node is held to that. Nodes wait until the whole has been read. Only where nobody can say the digest beforehand, and best with a signature. Needs exactly one source, no digest and a profile with origin.access Seeders.
   */
  trustOnFirstUse?: boolean
  /**
   * Bytes of the file, as a further check: when the origin states or sends another length, the artifact stalls with SizeMismatch. Left out, the length is not checked beforehand. Immutable.
   */
  size?: number
  /**
   * Who must have signed the digest. No node gets the file under its name before the signature is found right; one that is wrong stalls the artifact with SignatureInvalid. Signed is the text of the digest, sha256: and 64 hex digits without a line break. Immutable.
   */
  signature?: {
    /**
     * Public key in PEM, of type Ed25519 or ECDSA, as `openssl pkey -pubout` and `cosign generate-key-pair` write it.
     */
    publicKey: string
    /**
     * The signature in base64, as `cosign sign-blob` prints it: of Ed25519 64 bytes, of ECDSA over SHA-256 in DER.
     */
    value?: string
    /**
     * Where the seeder reads the signature, in base64 or as bytes. The rules for sources hold; of a source with the same scheme, host and port its Secret is used, and its caBundle and proxy.
     */
    url?: string
  }
  /**
   * How the file is cut for the swarm. Two artifacts with the same digest and chunking share one swarm and one copy on the nodes. Immutable.
   */
  chunking?: {
    /**
     * Fixed: all chunks have the same size. ContentDefined: they end where the content says, so that a node which holds another version of the file copies what the two have in common and fetches only the rest, even behind bytes that were inserted; both versions need the same strategy and size. A node without another version fetches the whole either way, and the seeder reads the whole from the origin. No use for files that are compressed or encrypted as a whole.
     *
     * Default: Fixed.
     */
    strategy: 'Fixed' | 'ContentDefined'
    /**
     * Bytes of a chunk: 262144, 524288, 1048576, 2097152 or 4194304. Left out, 256 KiB for files up to 512 MiB and 1 MiB above or when the origin gives no length. Small chunks spread faster, large ones cost less CPU. With ContentDefined what chunks have on average, about, at most 1048576; left out, 256 KiB for every file.
     */
    size?: 262144 | 524288 | 1048576 | 2097152 | 4194304
  }
  /**
   * What this is a version of: artifacts of the namespace with the same series are versions of one thing, of which a job's delivery.keepVersions leaves only some on a node. Immutable. Example: kernel
   */
  series?: string
  /**
   * Name of the file on the nodes: one path segment of at most 200 bytes. Default: the last segment of the first URL, where it is a plain name. Immutable. Example: patch-1.0.bin
   */
  fileName?: string
  /**
   * How much the origin may be asked for. Immutable.
   */
  origin: {
    /**
     * At most this many times the file's size may be read from its sources, all readers and tries together (of each site, where the profile says origin.perSite), whatever fails or restarts; then the artifact stalls with OriginBudgetExhausted. A number from 1 to 10. Above 1, a small file may have 1 MiB more than its size in any case: less would not outlast one broken connection.
     *
     * Default: 1.2.
     */
    budgetFactor: number
  }
}
/**
 * What the operator has found out. Written by the operator alone.
 */
export interface PatchArtifactStatus {
  /**
   * The metadata.generation that this status is about; -1 before the operator has seen the object.
   */
  observedGeneration?: number
  /**
   * Ready (the file lies verified at a seeder), Reconciling (on the way there) and Stalled (a person must do something), each with a reason and a sentence.
   *
   * Items: One aspect of the object's state.
   */
  conditions?: Condition[]
  /**
   * sha256: and 64 hex digits of the file that was read first, with trustOnFirstUse. It stays what it is.
   */
  digest?: string
  /**
   * What was read from spec.signature.url, in base64.
   */
  signature?: string
  /**
   * CIDv1 (base32) of the file's UnixFS DAG. IPFS programs admitted by the profile's peers.admit can fetch it by this name.
   */
  cid?: string
  /**
   * SHA-256 that the seeder computed over the whole file, 64 hex digits.
   */
  sha256?: string
  /**
   * Bytes of the file.
   */
  size?: number
  /**
   * Number of chunks.
   */
  chunks?: number
  /**
   * Bytes of every chunk but the last; with strategy ContentDefined what they are meant to have on average.
   */
  chunkSize?: number
  /**
   * Connected seeders that hold the whole file.
   */
  seeders?: number
  /**
   * How much of the file the seeder has read and checked, 0 to 100.
   */
  progressPercent?: number
  /**
   * What the origin was asked for.
   */
  origin?: {
    /**
     * Bytes that readers were ever allowed to read from the sources, and a part of the next ones. Written before the leave is given, so that the budget holds whatever fails.
     */
    bytesGranted?: number
    /**
     * Payload bytes that were really read from the sources, all tries together.
     */
    bytesRead?: number
    /**
     * Nodes whose agents had stated something else of the file than the sources send (P2PProfile origin.access Agents), as the seeder found out. They read for no PatchArtifact of the profile as long as this one exists, if others can; they get and pass on files as before. Once such a node is mended, delete this PatchArtifact (delivered files stay) and create it again.
     *
     * Items: Name of the Node.
     */
    barredNodes?: string[]
    /**
     * What each of those that read last had read of bytesRead when it was counted last: so a new leader of the operator counts the bytes of a new seeder beside those of the one it replaces.
     *
     * Items: What one reader has said.
     */
    readers?: {
      /**
       * Peer ID of a seeder or agent.
       */
      peerId: string
      /**
       * Payload bytes that it has read, all its tries together.
       */
      bytesRead?: number
    }[]
    /**
     * The same for each site that reads for itself (P2PProfile origin.perSite). The budget then holds for each of them; bytesGranted and bytesRead are the sums.
     *
     * Items: What one site has asked for.
     */
    sites?: {
      /**
       * Value of the profile's siteLabel; empty for nodes without it.
       */
      site: string
      /**
       * Bytes that agents of the site were ever allowed to read, and a part of the next ones. Written before the leave is given.
       */
      bytesGranted?: number
      /**
       * Payload bytes that agents of the site have read, all tries together.
       */
      bytesRead?: number
      /**
       * How many times the file's size they have read, with three decimals.
       */
      amplification?: string
    }[]
  }
  /**
   * How each source did, in the order of the spec.
   *
   * Items: How one source did.
   */
  sources?: {
    /**
     * The URL of the spec; file:///import/ and the path for a file.
     */
    url: string
    /**
     * Whether the last try could read from it.
     */
    reachable?: boolean
    /**
     * How long it took to answer the first request of the last try.
     */
    latencyMilliseconds?: number
    /**
     * What went wrong last, as a sentence; absent when nothing did.
     */
    lastError?: string
  }[]
}
