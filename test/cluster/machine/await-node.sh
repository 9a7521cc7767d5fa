#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# await-node.sh WORK NODE: waits until a node that was asked for with a file WORK/wanted/NODE is ready. Removing the file
# takes the node's power away.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
kubectl() { "$here/in.sh" "$1" kubectl "${@:2}"; }
for _ in $(seq 300); do kubectl "$1" get node "$2" >/dev/null 2>&1 && break; sleep 0.2; done
kubectl "$1" wait --for=condition=Ready "node/$2" --timeout=60s >/dev/null
