#!/usr/bin/env bash
# Shows the main job: compiles, checks and hydrates examples/shop in a throw-away git repository, and syncs it.
#
# `make demo` runs it, with penstock on the PATH. The cluster is a throw-away one, if `make cluster` has built its
# programs, or the one that these variables name; the user's own default context is never used.
#
# PENSTOCK_DEMO_CONTEXT      a context of the kubeconfig; the shop will be in its namespace
# PENSTOCK_DEMO_KUBECONFIG   the file (default: $KUBECONFIG, else ~/.kube/config)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
context=${PENSTOCK_DEMO_CONTEXT-}
kubeconfig=${PENSTOCK_DEMO_KUBECONFIG:-${KUBECONFIG:-$HOME/.kube/config}}
unset KUBECONFIG
scratch=$(mktemp -d)
cluster=

finish() {
    # The cluster ends with its standard input.
    if [[ $cluster ]]; then
        exec 9>&-
        wait "$cluster" || true
    fi
    rm -rf "$scratch"
}
trap finish EXIT

# Colours are for a terminal, and for nobody who has said no.
bold='' blue='' faint='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\033[1m' blue=$'\033[36m' faint=$'\033[2m' plain=$'\033[0m'
fi

heading() {
    printf '\n%s== %s%s\n' "$bold" "$*" "$plain"
}

# run COMMAND...: show a command, run it, go on whatever its exit status is, and show that too if it is not 0.
run() {
    printf '\n%s$ %s%s\n' "$blue" "$*" "$plain"
    local status=0
    "$@" || status=$?
    ((status == 0)) || printf '%s(exit status %s)%s\n' "$faint" "$status" "$plain"
    last=$status
}

# expect STATUS: the last command must have ended with it.
expect() {
    [[ $last == "$1" ]] || { echo "demo: this should have been exit status $1" >&2; exit 1; }
}

home=$HOME
export HOME=$scratch GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
export GIT_AUTHOR_DATE='2026-01-01 12:00 +0000' GIT_COMMITTER_DATE='2026-01-01 12:00 +0000' # the same ids every time
export GIT_AUTHOR_NAME=Demo GIT_COMMITTER_NAME=Demo
export GIT_AUTHOR_EMAIL=demo@example.com GIT_COMMITTER_EMAIL=demo@example.com

heading "A repository in the usual layout"
cp -r "$root/examples/shop" "$scratch/shop"
cd "$scratch/shop"
git init --quiet --initial-branch=main .
git add .
git commit --quiet --message 'A shop, for two environments'
run git ls-files
expect 0

heading "build: the manifests of an environment, as kustomize build prints them"
run penstock build prod
expect 0

heading "check: every target, against the schemas of Kubernetes"
run penstock check
expect 0
echo
echo "A mistake is reported where it was written:"
sed -i.orig 's/replicas: 3/replica: 3/' prod/deployment-patch.yaml
run penstock check
expect 1
mv prod/deployment-patch.yaml.orig prod/deployment-patch.yaml

heading "graph: which object needs which"
run penstock graph prod
expect 0

heading "hydrate: one branch for each environment, one file for each object"
run penstock hydrate --create
expect 0
for environment in dev prod; do
    run git ls-tree -r --name-only "rendered/$environment"
    expect 0
done
echo
echo "The same commit always gives the same branches, so there is nothing to do:"
run penstock hydrate
expect 0

heading "The difference between the environments, to the last byte"
run git diff --stat rendered/dev:dev rendered/prod:prod
run git diff --unified=0 rendered/dev:dev rendered/prod:prod
expect 0

# Sets `options` to those that name a cluster; empty where there is none.
find_cluster() {
    options=()
    if [[ $context ]]; then
        export KUBECONFIG=$kubeconfig
        options=(--context "$context")
        return
    fi
    mkfifo "$scratch/in" "$scratch/out"
    HOME=$home python3 "$root/scripts/cluster/up.py" <"$scratch/in" >"$scratch/out" 2>"$scratch/err" &
    cluster=$!
    exec 9>"$scratch/in" # as long as this is open, the cluster runs
    local file
    if read -r file <"$scratch/out"; then
        export KUBECONFIG=$file
        options=(--context admin)
    fi
}

heading "sync and status: the branch to a cluster"
find_cluster
if ((${#options[@]} == 0)); then
    echo "left out: $(tail -n 1 "$scratch/err")"
    echo "(or name a cluster of yours by PENSTOCK_DEMO_CONTEXT)"
else
    run penstock sync prod "${options[@]}"
    expect 0
    run penstock status prod "${options[@]}"
    expect 0
    echo
    echo "A change in git arrives by the same way: build, check, hydrate, sync."
    sed -i.orig 's/replicas: 3/replicas: 4/' prod/deployment-patch.yaml
    rm prod/deployment-patch.yaml.orig
    git commit --quiet --all --message 'One more replica'
    run penstock hydrate
    expect 0
    run penstock status prod "${options[@]}"
    expect 1
    run penstock sync prod "${options[@]}"
    expect 0
fi

heading "That was all. The repository and the branches are removed again."
