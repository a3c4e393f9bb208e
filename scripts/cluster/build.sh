#!/usr/bin/env bash
# Builds etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubectl and kwok from Go modules into a cache folder.
#
# usage: build.sh            build what is not there yet; print the folder
#        build.sh --where    print the folder only, built or not
#
# Needs go (1.21 or newer, which fetches the toolchain that Kubernetes asks for) and python3. Once: 7 minutes on two quiet
# cores, 14 on a busy machine, 8 GB of disk while it runs, 450 MB afterwards. The folder suits KUBEBUILDER_ASSETS.
#
# PENSTOCK_CLUSTER_CACHE   where the folder lies (default: ${XDG_CACHE_HOME:-~/.cache}/penstock)
# GOCACHE                  if set, that build cache is used and kept; otherwise one is made and removed again
set -euo pipefail

kubernetes=1.37.2
kwok=0.8.0

cache=${PENSTOCK_CLUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/penstock}/cluster
# The digest is of this script, which alone decides what the folder holds.
digest=$(python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest()[:12])' "$0")
folder=$cache/$kubernetes-$digest

if [[ ${1-} == --where || -d $folder ]]; then
    echo "$folder"
    exit
fi
command -v go >/dev/null || { echo "$0: go is needed to build the cluster's programs; see https://go.dev/dl" >&2; exit 1; }

mkdir -p "$cache"
if command -v flock >/dev/null; then # a second builder waits for the first; without flock it only works in vain
    exec 9>"$cache/.lock"
    flock 9
    [[ ! -d $folder ]] || { echo "$folder"; exit; }
fi
work=$(mktemp -d "$cache/.building-XXXXXX") # on the file system of the folder, so that the last step is one rename
trap 'rm -rf "$work"' EXIT
mkdir "$work/out" "$work/source"
cd "$work/source"

# What this machine has downloaded before is read as one more proxy; nothing is added to it.
GOPROXY="file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)"
export GOPROXY GOMODCACHE=$work/modules GOCACHE=${GOCACHE:-$work/build} GOTOOLCHAIN=auto CGO_ENABLED=0
export GOFLAGS="-mod=mod -modcacherw -trimpath"

# downloaded MODULE FIELD: a fact about a module, from `go mod download`
downloaded() {
    go mod download -json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"
}

echo "building Kubernetes $kubernetes and kwok $kwok into $folder" >&2
exec 2> >(grep --line-buffered -v '^go: downloading ' >&2) # 200 lines of no use
# Kubernetes' own go.mod points its libraries at ./staging; outside of its repository each is the module v0.MINOR.PATCH.
python3 - "$(downloaded "k8s.io/kubernetes@v$kubernetes" GoMod)" "$kubernetes" >go.mod <<'PY'
import re
import sys

with open(sys.argv[1]) as file:
    upstream = file.read()
version = sys.argv[2]
language = re.search(r"^go (\S+)", upstream, re.M)[1]
etcd = re.search(r"go\.etcd\.io/etcd/(?:server|client)/v3 (v\S+)", upstream)[1]
libraries = sorted(set(re.findall(r"^\s*(?:replace )?(k8s\.io/\S+) => \./staging", upstream, re.M)))
print(f"module cluster\n\ngo {language}\n")
print(f"require k8s.io/kubernetes v{version}\nrequire go.etcd.io/etcd/server/v3 {etcd}\n")
for library in libraries:
    print(f"replace {library} => {library} v0.{version.partition('.')[2]}")
PY
go get "k8s.io/kubernetes@v$kubernetes" # no `go mod tidy`: it drags in what only tests need

minor=${kubernetes#*.}
minor=${minor%%.*}
stamp="-s -w" # without the version stamp, /version is one that clients cannot parse
for variable in "gitVersion=v$kubernetes" gitMajor=1 "gitMinor=$minor"; do
    stamp+=" -X k8s.io/component-base/version.$variable"
done
go build -ldflags "$stamp" -o "$work/out/" \
    k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kubectl}
# Not `go install`: etcd's go.mod has replace directives, which that refuses.
go build -ldflags "-s -w" -o "$work/out/etcd" go.etcd.io/etcd/server/v3

# kwok plays the kubelets. What a pod and a node go through is data in its module ("stages").
GOFLAGS="-modcacherw -trimpath" GOBIN=$work/out go install -ldflags "-s -w" "sigs.k8s.io/kwok/cmd/kwok@v$kwok"
stages=$(downloaded "sigs.k8s.io/kwok@v$kwok" Dir)/kustomize/stage
for file in "$stages"/node/{fast,heartbeat}/*.yaml "$stages"/pod/fast/*.yaml; do
    [[ $file == */kustomization.yaml ]] || { cat "$file"; echo ---; }
done >"$work/out/kwok-stages.yaml"

mv -T "$work/out" "$folder" 2>/dev/null || [[ -d $folder ]] # another builder may have been faster
echo "$folder"
