#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# image.sh ROOT NAME CONFIG OUT: packs the folder ROOT as an image of one layer (a docker-archive that ctr reads);
# CONFIG is the JSON of its config.
set -euo pipefail
parts=$(mktemp -d "$(dirname "$4")/image.XXXXXX")
trap 'rm -rf "$parts"' EXIT
tar -C "$1" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$parts/layer.tar" .
layer=sha256:$(sha256sum "$parts/layer.tar" | cut -d' ' -f1)
case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
cat >"$parts/config.json" <<J
{"architecture":"$arch","os":"linux","config":$3,"rootfs":{"type":"layers","diff_ids":["$layer"]}}
J
echo "[{\"Config\":\"config.json\",\"RepoTags\":[\"$2\"],\"Layers\":[\"layer.tar\"]}]" >"$parts/manifest.json"
tar -C "$parts" -cf "$4" manifest.json config.json layer.tar
