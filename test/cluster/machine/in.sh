#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# in.sh WORK COMMAND...: runs a command (kubectl, helm) in the network of the control plane, as the cluster's admin.
# Files and processes stay the machine's. What kubectl and helm remember about a server is kept in WORK: the next
# cluster has the same address.
set -eu
work=$(cd "$1" && pwd)
shift
export PATH="$work/bin:$PATH" KUBECONFIG="$work/conf/admin.kubeconfig" PATCHSWARM_E2E_KUBECONFIG="$work/conf/admin.kubeconfig"
export KUBECACHEDIR="$work/conf/cache"
export HELM_CACHE_HOME="$work/conf/helm" HELM_CONFIG_HOME="$work/conf/helm" HELM_DATA_HOME="$work/conf/helm"
exec nsenter --net="/proc/$(cat "$work/pid")/ns/net" "$@"
