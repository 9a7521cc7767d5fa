#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# identities.sh WORK: one authority, and a client certificate with a kubeconfig for everybody who speaks to the API server.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
work=$1
cd "$work/pki"

ssl() { openssl "$@" 2>>"$work/log/openssl.log"; }
new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'

certificate() { # FILE SUBJECT [ALTERNATIVE-NAMES]
  ssl req $new -subj "$2" -keyout "$1.key" -out "$1.csr"
  ssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out "$1.crt" -extfile \
    <(echo extendedKeyUsage=clientAuth,serverAuth; [ -z "${3-}" ] || echo "subjectAltName=$3")
}

user() { # NAME SUBJECT
  certificate "$1" "$2"
  cat >"$work/conf/$1.kubeconfig" <<Y
apiVersion: v1
kind: Config
clusters: [{name: machine, cluster: {server: "https://10.89.0.1:6443", certificate-authority: $work/pki/ca.crt}}]
users: [{name: $1, user: {client-certificate: $work/pki/$1.crt, client-key: $work/pki/$1.key}}]
contexts: [{name: machine, context: {cluster: machine, user: $1}}]
current-context: machine
Y
}

ssl req -x509 $new -days 2 -subj /CN=machine-ca -keyout ca.key -out ca.crt
ssl genrsa -out sa.key 2048
certificate apiserver /CN=kube-apiserver IP:10.89.0.1,IP:10.96.0.1,DNS:kubernetes.default.svc
certificate kubelet-client /O=system:masters/CN=kube-apiserver
user admin /O=system:masters/CN=admin
user controllers /CN=system:kube-controller-manager
user scheduler /CN=system:kube-scheduler
user proxy /CN=system:kube-proxy
user dns /CN=machine-dns
for i in $(seq $most_nodes); do user "n$i" "/O=system:nodes/CN=system:node:n$i"; done
