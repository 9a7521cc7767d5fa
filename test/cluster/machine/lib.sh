# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# Shared by the scripts beside it.

# As many nodes as a cluster can have: certificates, routes and cgroups are made for all of them at once.
most_nodes=9

# Every cgroup hierarchy of the machine: one (v2) or one for each controller (v1).
hierarchies() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo /sys/fs/cgroup; else ls -d /sys/fs/cgroup/*/; fi
}

# What the kubelet and kube-proxy write for the whole machine, not for a namespace.
sysctls='vm/overcommit_memory kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes'
