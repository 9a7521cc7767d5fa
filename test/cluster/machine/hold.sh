#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# hold.sh WORK NODES: starts a cluster, says "ready" and holds it until standard input ends, which it does however the
# caller comes to its end. Then everything is ended and WORK removed, after a failure as well.
#
# WORK/bin holds the programs: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubectl, kubelet,
# kube-proxy, dns and pause. containerd, runc, the CNI plugins, nft, ip and openssl are the machine's own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(cd "$1" && pwd)

end() {
  "$here/down.sh" "$work"
  rm -rf --one-file-system "$work"
}
trap end EXIT
"$here/up.sh" "$work" "$2" </dev/null
echo ready
while read -r _; do :; done
