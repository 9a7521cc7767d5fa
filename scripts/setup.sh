#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# Makes a fresh machine ready: dependencies (Node 24 among them). Needs any Node from 20 on, and npm.
# Says what it does, and does nothing the second time.
set -eu
cd "$(dirname "$0")/.."

for program in node npm; do
  command -v $program >/dev/null || {
    echo "$program is missing: install Node.js 20 or newer with npm (https://nodejs.org)" >&2
    exit 1
  }
done

if ! node scripts/installed.mjs; then
  echo "installing dependencies with npm ci (once, about a minute) …"
  npm ci --no-progress --loglevel=error
fi

version=$(PATH="$PWD/node_modules/.bin:$PATH" node -p 'process.versions.node')
case ${version%%.*} in
2[4-9] | [3-9][0-9]) ;;
*)
  echo "Node $version is too old and npm has none for this platform: install Node.js 24 or newer" >&2
  exit 1
  ;;
esac
