#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# load.sh WORK TAR: imports an image (docker-archive or OCI) into the containerd of every node, and of those that come later.
set -euo pipefail
work=$(cd "$1" && pwd)
mkdir -p "$work/images"
ln -s "$2" "$work/images/$(ls "$work/images" | wc -l).tar" # of any name: two versions have the same ones
for socket in "$work"/n*/run/containerd/containerd.sock; do
  ctr --address "$socket" --namespace k8s.io images import --no-unpack=false "$2" >/dev/null &
done
for job in $(jobs -p); do wait "$job"; done
