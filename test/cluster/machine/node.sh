#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# Process 1 of one node, started by control-plane.sh inside the node's network. The node has a /var, a /run, an /opt and a
# /sys of its own, so that containers, logs and host paths are its own at the usual places; the rest is the machine's.
set -eu
. "$(dirname "$0")/lib.sh"
work=$1 i=$2 n=n$2 own=$1/n$2
hostname "$n"
rm -rf "$own/run" && mkdir -p "$own"/{run,opt,cgroup,cni,var/log}
mount --rbind /sys/fs/cgroup "$own/cgroup"
mount -t sysfs sysfs /sys # shows this network's interfaces
mount --rbind "$own/cgroup" /sys/fs/cgroup
umount -l "$own/cgroup"

cni=/usr/lib/cni
[ -d $cni ] || { mkdir -p "$own/cni-plugins" && mount --bind /opt/cni/bin "$own/cni-plugins" && cni=$own/cni-plugins; }
mount --bind "$own/var" /var
mount --bind "$own/run" /run
mount --bind "$own/opt" /opt
ln -sfn /run /var/run
mount --make-rshared / # for the kubelet's mount propagation, inside the node only

ip link set lo up
ip addr replace "10.89.0.1$i/16" dev eth0
ip link set eth0 up
ip route replace default via 10.89.0.1
for j in $(seq $most_nodes); do [ "$j" = "$i" ] || ip route replace "10.90.$j.0/24" via "10.89.0.1$j"; done
echo 1 >/proc/sys/net/ipv4/ip_forward

cat >"$own/cni/10-machine.conflist" <<Y
{"cniVersion": "1.0.0", "name": "machine", "plugins": [{"type": "ptp",
 "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.90.$i.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
Y
cat >"$own/containerd.toml" <<Y
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "cluster.local/pause:1"
  restrict_oom_score_adj = true # where root lacks CAP_SYS_RESOURCE
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$cni"
    conf_dir = "$own/cni"
Y
cat >"$own/kubelet.yaml" <<Y
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, x509: {clientCAFile: $work/pki/ca.crt}}
cgroupDriver: cgroupfs
cgroupRoot: /$(cat "$work/id")/$n
clusterDNS: [10.89.0.1]
clusterDomain: cluster.local
failCgroupV1: false
failSwapOn: false
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
resolvConf: ""
volumePluginDir: /var/lib/kubelet/flexvolume
Y
cat >"$own/proxy.yaml" <<Y
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: $n
clientConnection: {kubeconfig: $work/conf/proxy.kubeconfig}
conntrack: {maxPerCore: 0, min: 0}
Y
containerd -c "$own/containerd.toml" >"$work/log/$n-containerd.log" 2>&1 &
until ctr version >/dev/null 2>&1; do sleep 0.1; done
for image in "$work"/images/*.tar; do ctr --namespace k8s.io images import "$image"; done
"$work/bin/kubelet" --config="$own/kubelet.yaml" --kubeconfig="$work/conf/$n.kubeconfig" \
  --hostname-override="$n" --node-ip="10.89.0.1$i" >"$work/log/$n-kubelet.log" 2>&1 &
"$work/bin/kube-proxy" --config="$own/proxy.yaml" >"$work/log/$n-kube-proxy.log" 2>&1 &
while :; do wait -n || sleep 1; done
