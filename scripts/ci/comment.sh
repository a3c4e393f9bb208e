#!/usr/bin/env bash
# Write $FOLDER/diff.md as the one comment of Penstock on pull request $NUMBER: over the one of an earlier run, if there is
# one. Where the token may not write, as in a pull request of a fork, the job summary has the report.
set -euo pipefail

[ -s "$FOLDER/diff.md" ] || exit 0
comments="repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments"
ours='.[] | select(.body | startswith("<!-- penstock:diff -->")) | .id'
known=$(gh api --paginate "$comments" --jq "$ours" | head -n 1) || known=
if [ -n "$known" ]; then
    target=(--method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$known")
else
    target=(--method POST "$comments")
fi
if ! gh api "${target[@]}" --field "body=@$FOLDER/diff.md" >/dev/null; then
    echo "::notice::the token of this job may not write comments; the report is in the job summary"
fi
