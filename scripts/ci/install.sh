#!/usr/bin/env bash
# Install Penstock into a virtual environment of its own, since the Python of a runner may belong to its system (PEP 668),
# and put the command on the path of the steps that follow.
set -euo pipefail

python3 -m venv "$RUNNER_TEMP/penstock"
"$RUNNER_TEMP/penstock/bin/python" -m pip install --quiet "$GITHUB_ACTION_PATH[charts,jsonnet]"
echo "$RUNNER_TEMP/penstock/bin" >>"$GITHUB_PATH"
