#!/usr/bin/env bash
# Installs the wheel into a fresh environment of each Python that is given, and builds the example with it: in UTF-8,
# in plain C and in Latin-1, where the bytes must be the same.
#
#     scripts/try_wheel.sh [PYTHON ...]     such as python3.11 python3.14 (default: python3.11 to python3.14, as found)
#
# PIP_INDEX_URL and the like are used as pip has them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

pythons=("$@")
if ((${#pythons[@]} == 0)); then
    for version in 3.11 3.12 3.13 3.14; do
        if "python$version" -c '' 2>/dev/null; then  # a shim of pyenv may be there without the program
            pythons+=("python$version")
        else
            echo "python$version: not found, left out"
        fi
    done
fi

# A Latin-1 locale of our own; where none can be made, plain C without its coercion to UTF-8 has to do.
if localedef -i en_US -f ISO-8859-1 "$scratch/en_US.ISO-8859-1" 2>/dev/null || [[ -d $scratch/en_US.ISO-8859-1 ]]; then
    latin1=(LOCPATH="$scratch" LC_ALL=en_US.ISO-8859-1)
else
    echo "no Latin-1 locale can be made here: PYTHONIOENCODING stands in for it"
    latin1=(LC_ALL=C PYTHONIOENCODING=latin-1)
fi

sources=$scratch/sources
mkdir "$sources"
printf 'resources: [café.yaml]\n' >"$sources/kustomization.yaml"
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: drinks}\ndata: {drink: "café →"}\n' >"$sources/café.yaml"

# same EXPECTED COMMAND...: the command prints exactly what the file holds.
same() {
    local expected=$1
    shift
    "$@" | cmp - "$expected"
}

"${pythons[0]}" -m venv "$scratch/build"
"$scratch/build/bin/python" -m pip --disable-pip-version-check wheel --quiet --no-deps --wheel-dir "$scratch/dist" .
wheel=$(echo "$scratch"/dist/penstock_gitops-*.whl)

for python in "${pythons[@]}"; do
    home=$scratch/venv
    rm -rf "$home"
    "$python" -m venv "$home"
    "$home/bin/python" -m pip --disable-pip-version-check install --quiet "$wheel"
    penstock=$home/bin/penstock
    for tree in examples/shop/prod "$sources"; do
        for options in --no-cache ''; do
            # shellcheck disable=SC2086
            env LC_ALL=C.UTF-8 XDG_CACHE_HOME="$home/cache" "$penstock" build $options "$tree" >"$scratch/expected"
            # shellcheck disable=SC2086
            same "$scratch/expected" env "${latin1[@]}" XDG_CACHE_HOME="$home/cache" "$penstock" build $options "$tree"
            # shellcheck disable=SC2086
            same "$scratch/expected" env LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 XDG_CACHE_HOME="$home/cache" \
                "$penstock" build $options "$tree"
        done
    done
    env "${latin1[@]}" "$penstock" graph examples/shop/prod >/dev/null
    env "${latin1[@]}" "$penstock" check examples/shop >/dev/null
    printf '%s: %s\n' "$("$home/bin/python" --version)" "$("$penstock" --version)"
done
