// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

// Made from crds/patchswarm.dev_p2pprofiles.yaml by scripts/generate.ts: do not edit, change the CRD and run `npm run generate`.
import type { Condition } from './condition.ts'
import type { LabelSelector, ObjectMeta } from './metadata.ts'

/**
 * A P2PProfile says which nodes take part in a swarm and how: the operator rolls an agent to each of them (a DaemonSet on the host network) and a seeder that reads from origins (a StatefulSet). `spec: {}` is a working profile on every node that can not deliver anywhere yet; delivery.allowedRoots says where files may go.
 */
export interface P2PProfile {
  /**
   * Always patchswarm.dev/v1alpha1.
   */
  apiVersion?: 'patchswarm.dev/v1alpha1'
  /**
   * Always P2PProfile.
   */
  kind?: 'P2PProfile'
  metadata: ObjectMeta
  spec: P2PProfileSpec
  status?: P2PProfileStatus
}
/**
 * How the swarm is set up. Changed roots, cache path, ports, addresses and resources roll the agents; peers, bandwidth, siteLabel and the sizes of the cache change live. updateStrategy says how many agents are rolled at a time.
 */
export interface P2PProfileSpec {
  /**
   * Whether the profile's agents and seeders run. false removes them cleanly: connected agents empty their caches first; delivered files stay.
   *
   * Default: true.
   */
  enabled: boolean
  /**
   * Labels that a node must have to get an agent; empty means every node. A node that several profiles match belongs to the oldest of them whose tolerations fit, too; status.overlap of the others names it. Example: {pool: edge}
   */
  nodeSelector: {
    [k: string]: string
  }
  /**
   * Taints that agents and seeders tolerate, as in a Pod.
   *
   * Items: One tolerated taint.
   */
  tolerations: {
    /**
     * Key of the taint; left out together with operator Exists, every taint is tolerated.
     */
    key?: string
    /**
     * Equal (default) compares the value, Exists tolerates any value.
     */
    operator?: 'Equal' | 'Exists'
    /**
     * Value of the taint, for operator Equal.
     */
    value?: string
    /**
     * Effect of the taint; left out, every effect.
     */
    effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
    /**
     * How long NoExecute is tolerated, in seconds; left out, for ever.
     */
    tolerationSeconds?: number
  }[]
  /**
   * Key of the node label that says in which site a node is: nodes with the same value, or all without the label, have good links among each other. Each chunk then comes into a site about once, from there its nodes give it to one another; cache.minSeeders counts by site too. Empty, all nodes are one site. Changes live. Example: example.com/store
   *
   * Default: topology.kubernetes.io/zone.
   */
  siteLabel: string
  /**
   * Which namespaces may have PatchArtifacts and DistributionJobs that use this profile, by the labels of the Namespace. Left out, only the operator's own namespace; an empty selector {} allows all. Example: {matchLabels: {kubernetes.io/metadata.name: team-a}}
   */
  allowedNamespaces?: LabelSelector
  /**
   * Where a node keeps chunks that it can serve to others, and how much of its disk that may take. Sizes and times change live. Seeders keep all artifacts that there are.
   */
  cache: {
    /**
     * Disk that a node must be able to give to the cache, beside minFree; one that cannot takes no artifacts, its deliveries fail with InsufficientDisk, and status.cache.refusedNodes names it. Left out, any node will do.
     */
    minSize?: string
    /**
     * Most disk that the cache takes on a node; usual are 10Gi to 100Gi. Copies that no job needs leave it, longest unused first; an artifact for which that is not enough fails there with InsufficientDisk before it is fetched. Left out or 0, only minFree bounds it.
     */
    maxSize?: string
    /**
     * What stays free on the file system of the cache. Copies leave it, and transfers stand still, before it falls below.
     *
     * Default: 1Gi.
     */
    minFree: string
    /**
     * How many days a copy stays that no job of the node needs and nobody asks for, counted from its last use; usual are 2 to 30. 0 keeps copies until their room is needed. An artifact that is deleted leaves every cache at once.
     *
     * Default: 7.
     */
    retentionDays: number
    /**
     * Whole copies, those of seeders included, that stay in every site while a job wants the artifact, whatever their age; one anywhere while none does. The operator chooses which nodes keep theirs. 0 lets all go.
     *
     * Default: 2.
     */
    minSeeders: number
    /**
     * Folder on every node for the chunks and the agent's identity; made when it is missing. It needs room for the artifacts that jobs use.
     *
     * Default: /var/lib/patchswarm.
     */
    hostPath: string
  }
  /**
   * How peers reach each other.
   */
  transport: {
    /**
     * TCP port that agents and seeders listen on for peers. On nodes it is a port of the host. 1 to 65535 without ports that nodes need for themselves (22, 23, 2379, 2380, 5514, 6443, 7001, 10250, 10256, 30000-32767, 48081-48086).
     *
     * Default: 4001.
     */
    port: number
    /**
     * The only networks in which peers are dialled, accepted and announced. Default: the private ranges 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 and fc00::/7.
     */
    allowedCIDRs: string[]
  }
  /**
   * Health, Prometheus metrics and local state of agents and seeders over HTTP.
   */
  admin: {
    /**
     * TCP port for it. The same ports are refused as for transport.port, and the two must differ.
     *
     * Default: 5001.
     */
    port: number
    /**
     * Address that an agent serves it on: 127.0.0.1 (nobody but the node itself), another IP address, or NodeIP (the node's own address, so that Prometheus can scrape it). Seeders use their Pod's address.
     *
     * Default: 127.0.0.1.
     */
    bindAddress: string
  }
  /**
   * How agents find peers beside those that the operator names.
   */
  discovery: {
    /**
     * Whether agents find each other by multicast DNS in their LAN, also while the operator is away.
     *
     * Default: true.
     */
    mdns: boolean
    /**
     * Peers that are always tried, as multiaddrs with an IP address and a peer ID. Example: /ip4/10.0.0.7/tcp/4001/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp
     */
    static: string[]
  }
  /**
   * How fast bytes may go. A limit counts IP packets, over all artifacts and connections: 3.5 % of it are headers, the rest is payload. Changes hold within seconds. No limit by default.
   */
  bandwidth: {
    /**
     * What one node may send to peers, in bits a second; the seeder too. Example: 100Mbit
     */
    upload?: string
    /**
     * What one node may take in from peers, in bits a second. Example: 400Mbit
     */
    download?: string
    /**
     * What may be read from origins, in bits a second: by the seeder, by all agents together where origin.access has them read (in each site, with origin.perSite), and by each agent that origin.fallback lets read. Example: 50Mbit
     */
    origin?: string
    /**
     * Whether uploads give way to other traffic on a node's line: they fall to a twentieth of it while somebody else fills a queue on the way, and use about a sixth less of an idle one.
     *
     * Default: false.
     */
    yield: boolean
    /**
     * Hours in which other limits hold. The first window that holds says them; a limit that it leaves out stays as above. Agents go by the clock of their node.
     *
     * Items: Hours of some days of the week. Example: {days: [Mon, Tue, Wed, Thu, Fri], start: "08:00", end: "18:00", timeZone: Europe/Berlin, upload: 20Mbit}
     */
    windows: {
      /**
       * Days on which the window begins, by the calendar of timeZone; every day when left out.
       */
      days?: ('Mon' | 'Tue' | 'Wed' | 'Thu' | 'Fri' | 'Sat' | 'Sun')[]
      /**
       * When it begins, as HH:MM on the clock of timeZone.
       */
      start: string
      /**
       * When it ends, as HH:MM up to 24:00. Not after start, it is a time of the next day.
       */
      end: string
      /**
       * Time zone of the window, by its IANA name. The window goes by the clock on the wall, also when that is put forward or back. Example: Europe/Berlin
       *
       * Default: Etc/UTC.
       */
      timeZone: string
      /**
       * What one node may send to peers in these hours; Unlimited lifts the limit.
       */
      upload?: string
      /**
       * What one node may take in from peers in these hours; Unlimited lifts the limit.
       */
      download?: string
      /**
       * What may be read from origins in these hours; Unlimited lifts the limit.
       */
      origin?: string
    }[]
  }
  /**
   * How many and which peers.
   */
  peers: {
    /**
     * Peers that an agent keeps a connection to for one artifact.
     *
     * Default: 32.
     */
    maxPeers: number
    /**
     * Peer IDs of other IPFS programs, such as a Helia or Kubo node, that may read artifacts by CID over bitswap. They may read everything that this profile's nodes hold; nobody else may read anything this way.
     */
    admit: string[]
  }
  /**
   * Who may read from the sources of artifacts, and where those may be. Changes are live.
   */
  origin: {
    /**
     * Who reads an artifact that nobody has. Seeders: the seeder, and no agent unless fallback says so. Agents: up to four agents that the operator elects, in as many sites as there are, each a different part of the file; the seeder reads nothing and nodes need a way to the sources. All share the budget of the artifact (origin.budgetFactor). Agents cannot read artifacts with chunking.strategy ContentDefined, nor those with trustOnFirstUse whose digest is not known yet.
     *
     * Default: Seeders.
     */
    access: 'Seeders' | 'Agents'
    /**
     * Whether each site (siteLabel) reads artifacts for itself instead of getting them from others: chunks then stay in their site, and each site whose nodes want an artifact has readers of its own and a budget of its own (origin.budgetFactor times the size; status.origin.sites of the artifact). For sites with good ways to the sources and thin ones to each other. Manifests still go between sites, and the seeder gets the file from another site when its own has nobody who reads. Needs access Agents and a siteLabel.
     *
     * Default: false.
     */
    perSite: boolean
    /**
     * What an agent does when nothing has moved for stallSeconds and no peer that it reaches has what it lacks. Never: it waits, and no agent opens a connection to a source but those that access Agents elects. AfterStall: it reads the missing part itself, one agent at a time and under the same budget as the other readers (origin.budgetFactor of the artifact); nodes then need a way to the sources.
     *
     * Default: Never.
     */
    fallback: 'Never' | 'AfterStall'
    /**
     * How long nothing must have moved before fallback AfterStall begins. 5 to 3600 seconds.
     *
     * Default: 60.
     */
    stallSeconds: number
    /**
     * Where sources may be, also after a redirect: host names, *.name for all names below one, * for every name, IP addresses and networks. Left out or empty, everywhere. Loopback, link-local and metadata addresses and those of the cluster's Pods and Services are refused, whatever name leads to them, unless an address or network here names them. Example: [downloads.example.com, "*.mirror.example.org", 10.96.7.7]
     */
    allowedDomains: string[]
    /**
     * Lowest version of TLS that is spoken with sources behind https URLs.
     *
     * Default: 1.2.
     */
    tlsMinVersion: '1.2' | '1.3'
  }
  /**
   * Where on the nodes files may be put.
   */
  delivery: {
    /**
     * Folders of the nodes below which DistributionJobs may deliver; none are allowed by default. One that is missing on a node is made there by the container runtime when the agent starts (containerd and CRI-O do so), owned by root; where it is not, or goes later, jobs fail with RootMissing. So mount what is to be mounted there before the agent starts. No root may lie below another one.
     *
     * Items: One folder of the nodes.
     */
    allowedRoots: {
      /**
       * Absolute path on the nodes. Example: /opt/patches
       */
      path: string
      /**
       * Namespaces whose jobs may deliver below it; left out, every namespace that allowedNamespaces admits.
       */
      namespaces?: string[]
    }[]
  }
  /**
   * The seeder, which reads from origins and runs on the pod network.
   */
  seeder: {
    /**
     * A folder of a node that the seeder sees as /import, read-only: artifacts of the profile may name files below it as sources. The seeder then runs on that node.
     */
    import?: {
      /**
       * Absolute path on the node, which must exist there. Example: /srv/patchswarm-import
       */
      hostPath: string
      /**
       * The node that has it, by its label kubernetes.io/hostname. Example: edge-7
       */
      node: string
    }
    /**
     * CPU and memory of the seeder's container, as in a Pod.
     */
    resources?: {
      /**
       * What the scheduler reserves. Example: {cpu: 100m, memory: 256Mi}
       */
      requests?: {
        [k: string]: number | string
      }
      /**
       * What the container may use at most. Example: {memory: 512Mi}
       */
      limits?: {
        [k: string]: number | string
      }
    }
  }
  /**
   * CPU and memory of the agents' containers, as in a Pod.
   */
  resources?: {
    /**
     * What the scheduler reserves on every node. Example: {cpu: 50m, memory: 128Mi}
     */
    requests?: {
      [k: string]: number | string
    }
    /**
     * What the container may use at most. Example: {memory: 512Mi}
     */
    limits?: {
      [k: string]: number | string
    }
  }
  /**
   * How agents are replaced after a change that needs it. The seeder, of which there is one, is replaced at once.
   */
  updateStrategy: {
    /**
     * How many agents may be away at the same time: a number of at least 1, or a percentage of the profile's nodes from 1% to 100% (rounded up). A swarm misses one node in ten little; one at a time takes hours in a large cluster.
     *
     * Default: 10%.
     */
    maxUnavailable: number | string
  }
}
/**
 * What the operator has found out. Written by the operator alone.
 */
export interface P2PProfileStatus {
  /**
   * The metadata.generation that this status is about; -1 before the operator has seen the object.
   */
  observedGeneration?: number
  /**
   * Ready (agents and seeder run as the spec says), Reconciling (on the way there) and Stalled (a person must do something), each with a reason and a sentence.
   *
   * Items: One aspect of the object's state.
   */
  conditions?: Condition[]
  /**
   * How many agents there are.
   */
  agents?: {
    /**
     * Nodes that should run an agent.
     */
    desired?: number
    /**
     * Agents whose Pod is ready.
     */
    ready?: number
    /**
     * Agents that run with the present spec.
     */
    updated?: number
    /**
     * Agents that are connected to the operator.
     */
    connected?: number
    /**
     * What versions connected agents say that they are, the most common first.
     *
     * Items: One version.
     */
    versions?: {
      /**
       * As the agent names it.
       */
      version: string
      /**
       * How many agents are of it.
       */
      agents: number
    }[]
    /**
     * Nodes whose agent does not come up, or is not ready or not connected for half a minute.
     */
    missing?: number
    /**
     * The first 20 of these by name.
     *
     * Items: One node.
     */
    missingNodes?: {
      /**
       * Its name.
       */
      node: string
      /**
       * What its Pod waits for, as Kubernetes says it (ImagePullBackOff, CrashLoopBackOff, Unschedulable …), or NotReady, NotConnected, PodMissing, NodeNotReady.
       */
      reason: string
      /**
       * Why, and where more is to be seen.
       */
      message: string
    }[]
  }
  /**
   * How many seeders there are.
   */
  seeders?: {
    /**
     * Seeders that should run.
     */
    desired?: number
    /**
     * Seeders whose Pod is ready.
     */
    ready?: number
  }
  /**
   * What connected agents say of their caches. Brought up to date at most every 10 seconds.
   */
  cache?: {
    /**
     * Disk that all caches take together.
     */
    bytes?: number
    /**
     * Nodes that take no artifacts because they cannot give what cache.minSize asks for.
     */
    refused?: number
    /**
     * The first 20 of these by name.
     *
     * Items: One node.
     */
    refusedNodes?: {
      /**
       * Its name.
       */
      node: string
      /**
       * What it has and what is asked for.
       */
      message: string
    }[]
  }
  /**
   * Nodes that the profile matches and that belong to an older one.
   */
  overlap?: {
    /**
     * How many.
     */
    count?: number
    /**
     * The first 20 of these by name.
     *
     * Items: One node.
     */
    nodes?: {
      /**
       * Its name.
       */
      node: string
      /**
       * The older profile that has it.
       */
      profile: string
    }[]
  }
  /**
   * What connected agents say of delivery.allowedRoots. Brought up to date at most every 10 seconds.
   */
  roots?: {
    /**
     * Nodes on which at least one root does not exist; jobs that deliver there fail with RootMissing.
     */
    missing?: number
    /**
     * The first 20 of these by name.
     *
     * Items: One node.
     */
    missingNodes?: {
      /**
       * Its name.
       */
      node: string
      /**
       * Roots that it lacks.
       *
       * Items: Absolute path.
       */
      paths: string[]
    }[]
  }
}
