#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# down.sh WORK: ends the cluster and removes what up.sh made outside of WORK. Safe after an up.sh that failed half-way.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
work=$(cd "$1" && pwd)

# One process holds all namespaces: its end is the end of every process, mount and network of the cluster.
if pid=$(cat "$work/pid" 2>/dev/null) && grep -qsF "$here/control-plane.sh" "/proc/$pid/cmdline"; then
  kill -KILL "$pid"
  while [ -e "/proc/$pid" ]; do sleep 0.05; done
fi
id=$(cat "$work/id" 2>/dev/null) || exit 0
for hierarchy in $(hierarchies); do
  [ ! -d "$hierarchy/$id" ] || for _ in $(seq 50); do
    find "$hierarchy/$id" -depth -type d -exec rmdir {} + 2>/dev/null && break
    sleep 0.1
  done
done
while read -r key value; do
  [ "$(cat "/proc/sys/$key")" = "$value" ] || echo "$value" >"/proc/sys/$key"
done <"$work/sysctls"
