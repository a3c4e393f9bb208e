#!/usr/bin/env bash
# What a change does to environments, in every form: into $FOLDER, the job summary and the outputs of the step.
#
# The commit that the change goes to is fetched where a shallow clone lacks it. A difference is no failure; a target that
# does not compile is one for `penstock check`, which says why. There may be nothing to compare with: a run by hand or by
# the clock has no $BASE, that of the first push of a branch is all zeros, and what a push has overwritten may be gone.
set -euo pipefail

nothing() {
    echo "Nothing is compared: $1." | tee "$FOLDER/diff.md"
    echo "differences=unknown" >>"${GITHUB_OUTPUT:-/dev/stdout}"
    exit 0
}

mkdir -p "$FOLDER"
if [ -z "${BASE//0/}" ]; then
    nothing "this run does not say which commit the change goes to"
fi
if ! git rev-parse --verify --quiet --end-of-options "$BASE^{commit}" >/dev/null; then
    if ! git fetch --quiet --no-tags --depth=1 origin -- "$BASE"; then
        [ "${GITHUB_EVENT_NAME:-}" = push ] || exit 4
        nothing "the remote no longer has $BASE, which was there before"
    fi
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
