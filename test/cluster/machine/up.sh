#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# up.sh WORK NODES: starts a cluster and waits until its nodes are ready. Nothing of the machine's network is touched: all
# of it lives in the pid, mount and network namespaces of one process, whose id is in WORK/pid.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
work=$(cd "$1" && pwd)
nodes=$2
case $work/ in /var/* | /run/*) echo "$work lies below /var or /run, which every node has of its own" >&2; exit 2 ;; esac
[ ${#work} -le 60 ] || { echo "$work is too long for the path of a socket" >&2; exit 2; }
[ "$nodes" -le $most_nodes ] || { echo "at most $most_nodes nodes" >&2; exit 2; }
mkdir -p "$work"/{pki,log,conf,pause,images,wanted}

for key in $sysctls; do echo "$key $(cat "/proc/sys/$key")"; done >"$work/sysctls"
id=patchswarm-$(echo "$work" | cksum | cut -d' ' -f1)
echo "$id" >"$work/id"
"$here/identities.sh" "$work"

# The image that holds the namespaces of every pod.
cp "$work/bin/pause" "$work/pause/"
"$here/image.sh" "$work/pause" cluster.local/pause:1 '{"Entrypoint":["/pause"]}' "$work/images/pause.tar"

# A cgroup for each node; v2 wants the controllers handed down by hand.
for hierarchy in $(hierarchies); do
  for i in $(seq $most_nodes); do mkdir -p "$hierarchy/$id/n$i"; done
  [ "$hierarchy" = /sys/fs/cgroup ] || continue
  for level in "$hierarchy" "$hierarchy/$id"; do
    for controller in $(cat "$level/cgroup.controllers"); do
      echo "+$controller" >"$level/cgroup.subtree_control" || true
    done
  done
done

for i in $(seq "$nodes"); do touch "$work/wanted/n$i"; done
unshare --pid --fork --kill-child --mount --mount-proc --net "$here/control-plane.sh" "$work" \
  >"$work/log/control-plane.log" 2>&1 </dev/null &
until pid=$(cat /proc/$!/task/$!/children) && [ -n "$pid" ]; do kill -0 $!; sleep 0.05; done
echo $pid >"$work/pid"

kubectl() { "$here/in.sh" "$work" kubectl "$@"; }
for _ in $(seq 300); do kubectl get --raw /readyz >/dev/null 2>&1 && break; sleep 0.2; done
echo "control plane ready after $SECONDS s"
kubectl create clusterrolebinding machine-proxy --clusterrole=system:node-proxier --user=system:kube-proxy >/dev/null
kubectl create clusterrole machine-dns --verb=list,watch \
  --resource=services,namespaces,endpointslices.discovery.k8s.io >/dev/null
kubectl create clusterrolebinding machine-dns --clusterrole=machine-dns --user=machine-dns >/dev/null
for i in $(seq "$nodes"); do "$here/await-node.sh" "$work" "n$i"; done
echo "$nodes nodes ready after $SECONDS s"
