#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# Process 1 of the cluster's namespaces, started by up.sh. When it ends, the kernel ends every process, mount and network
# below it: all nodes and their pods.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1 pki=$1/pki conf=$1/conf bin=$1/bin log=$1/log
mount -t tmpfs tmpfs /run
ip link set lo up
# An address of its own: else it would take that of a link, and be out of reach for seconds when another node comes.
ip link add machine0 address 02:70:73:00:00:01 type bridge
ip addr add 10.89.0.1/16 dev machine0
ip link set machine0 up

"$bin/etcd" --data-dir "$work/etcd" --unsafe-no-fsync --log-level warn \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 >"$log/etcd.log" 2>&1 &

# Who of the project's own ServiceAccounts asked for what, and whether it was allowed.
cat >"$conf/audit-policy.yaml" <<Y
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: Metadata, userGroups: ["system:serviceaccounts:patchswarm-system"]}
  - {level: None}
Y
"$bin/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --advertise-address=10.89.0.1 --secure-port=6443 \
  --service-cluster-ip-range=10.96.0.0/16 --allow-privileged=true --authorization-mode=Node,RBAC \
  --enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement \
  --audit-policy-file="$conf/audit-policy.yaml" --audit-log-path="$log/audit.log" \
  --client-ca-file="$pki/ca.crt" --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
  --kubelet-client-certificate="$pki/kubelet-client.crt" --kubelet-client-key="$pki/kubelet-client.key" \
  --kubelet-preferred-address-types=InternalIP --service-account-issuer=https://kubernetes.default.svc \
  --service-account-key-file="$pki/sa.key" --service-account-signing-key-file="$pki/sa.key" \
  >"$log/kube-apiserver.log" 2>&1 &
until "$bin/kubectl" --kubeconfig="$conf/admin.kubeconfig" get --raw /livez >/dev/null 2>&1; do sleep 0.2; done
"$bin/kube-controller-manager" --kubeconfig="$conf/controllers.kubeconfig" --use-service-account-credentials \
  --leader-elect=false --flex-volume-plugin-dir="$conf/flexvolume" --root-ca-file="$pki/ca.crt" \
  --service-account-private-key-file="$pki/sa.key" >"$log/kube-controller-manager.log" 2>&1 &
"$bin/kube-scheduler" --kubeconfig="$conf/scheduler.kubeconfig" --leader-elect=false >"$log/kube-scheduler.log" 2>&1 &
cat >"$conf/Corefile" <<Y
cluster.local:53 {
  bind 10.89.0.1
  errors
  kubernetes cluster.local {
    kubeconfig $conf/dns.kubeconfig
  }
}
Y
"$bin/dns" -conf "$conf/Corefile" >"$log/dns.log" 2>&1 &

node() { # keeps node n$1 up while it is wanted
  local n=n$1
  ip netns add "$n"
  ip link add "$n" type veth peer name eth0 netns "$n"
  ip link set "$n" master machine0 up
  ip route replace "10.90.$1.0/24" via "10.89.0.1$1"
  mkdir -p "$work/$n"
  nsenter --net="/run/netns/$n" unshare --pid --fork --kill-child --mount --mount-proc --uts \
    "$here/node.sh" "$work" "$1" >>"$log/$n.log" 2>&1 &
  local pid=$!
  while [ -e "$work/wanted/$n" ] && kill -0 $pid 2>/dev/null; do sleep 0.2; done
  kill -KILL $pid 2>/dev/null || true
  wait $pid || true
}

# Sleeping in between lets the shell also reap what its children leave.
declare -A started=()
while :; do
  for wanted in "$work"/wanted/n*; do
    i=${wanted##*/n}
    [ -e "$wanted" ] && [ -z "${started[$i]-}" ] || continue
    started[$i]=yes
    node "$i" &
  done
  sleep 0.2
done
