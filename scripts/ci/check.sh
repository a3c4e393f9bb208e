#!/usr/bin/env bash
# Check all targets: findings as annotations of the job, and as SARIF in $FOLDER. $ARGUMENTS has further options.
set -euo pipefail

mkdir -p "$FOLDER"
read -r -a arguments <<<"${ARGUMENTS:-}"
penstock check --output github --output "sarif=$FOLDER/check.sarif" "${arguments[@]}"
