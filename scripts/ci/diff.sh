#!/usr/bin/env bash
# What a change does to environments, in every form: into $FOLDER, the job summary and the outputs of the step.
#
# The commit that the change goes to is fetched where a shallow clone lacks it. A difference is no failure; a target that
# does not compile is one for `penstock check`, which says why.
set -euo pipefail

mkdir -p "$FOLDER"
if ! git rev-parse --verify --quiet --end-of-options "$BASE^{commit}" >/dev/null; then
    git fetch --quiet --no-tags --depth=1 origin -- "$BASE"
    BASE=FETCH_HEAD
fi
status=0
penstock diff --base "$BASE" --format markdown >"$FOLDER/diff.md" || status=$?
if [ "$status" -ne 0 ] && [ "$status" -ne 1 ] && [ "$status" -ne 3 ]; then
    exit "$status"
fi
for form in html json; do
    penstock diff --base "$BASE" --format "$form" >"$FOLDER/diff.$form" || [ $? -eq "$status" ]
done
case $status in
    0) differences=false ;;
    1) differences=true ;;
    *) differences=failed ;;
esac
echo "differences=$differences" >>"${GITHUB_OUTPUT:-/dev/stdout}"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    cat "$FOLDER/diff.md" >>"$GITHUB_STEP_SUMMARY"
fi
