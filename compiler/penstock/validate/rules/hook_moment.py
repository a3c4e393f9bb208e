"""A hook has a moment at which `penstock sync` applies it.

A sync has the moments PreSync, Sync and PostSync of Argo CD. It leaves out hooks for a deletion or a failure, and says
so once more (PS625). `Skip` and the hooks of `helm test` mean to be left out, and are not reported. Where PS723 tells
of a hook in a chart of yours, it is not said again.

Bad:
```yaml
apiVersion: batch/v1
kind: Job
metadata:
  name: tell
  annotations: {argocd.argoproj.io/hook: SyncFail}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: tell, image: "tell:1.0"}]
```
Good:
```yaml
apiVersion: batch/v1
kind: Job
metadata:
  name: tell
  annotations: {argocd.argoproj.io/hook: PostSync}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: tell, image: "tell:1.0"}]
```
Why: whoever relies on such a hook should know that it does not run. Argo CD in turn never applies a hook whose word it
does not know (`Presync`), and tells nobody. Where Argo CD deploys the object, nothing is wrong with a word that it
knows.
Source: gitops-engine, pkg/sync/sync_phase.go and pkg/sync/hook; Helm, `release.HookEvent`.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.moments import HELM_HOOK, HOOK, without_moment
from penstock.validate.fault import Problem
from penstock.validate.objects import EVERY, Kinds, mapping

CODE = "PS486"
NAME = "hook-moment"
SEVERITY: Severity = "info"
KINDS: Kinds = EVERY

ANNOTATIONS = ("metadata", "annotations")

TESTS = frozenset(("test", "test-success", "test-failure"))
"""The hooks of `helm test`, which nobody expects from a sync."""


def check(resource: Resource) -> Iterator[Problem]:
    annotations = mapping(resource.body, ANNOTATIONS)
    if HOOK not in annotations and HELM_HOOK not in annotations:
        return
    key, said = without_moment(annotations)
    if key and said != ["Skip"] and not (said and TESTS.issuperset(said)):
        message = f"`penstock sync` leaves this object out: it has no moment for {', '.join(said) or 'nothing'}"
        yield Problem((*ANNOTATIONS, key), message)
