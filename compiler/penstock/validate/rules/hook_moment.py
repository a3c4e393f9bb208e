"""A hook has a moment at which `penstock sync` applies it.

A sync has the moments PreSync, Sync and PostSync of Argo CD, and `pre-install`, `pre-upgrade`, `post-install` and
`post-upgrade` of Helm. It leaves out hooks for a deletion, a failure, a rollback or a test, and says so once more
(PS625). `Skip` means to be left out, and is not reported; of Helm's hooks in a chart, PS723 tells.

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
does not know (`Presync`), and tells nobody. Where Argo CD or Helm deploys the object, nothing is wrong with a word that
they know.
Source: gitops-engine, pkg/sync/sync_phase.go and pkg/sync/hook; Helm, pkg/release/v1/hook.go.
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

MANIFESTS = (".yaml", ".yml", ".json")
ANNOTATIONS = ("metadata", "annotations")


def check(resource: Resource) -> Iterator[Problem]:
    annotations = mapping(resource.body, ANNOTATIONS)
    # A chart is no file of manifests, and PS723 tells of its hooks.
    if HOOK not in annotations and (HELM_HOOK not in annotations or not resource.origin.path.endswith(MANIFESTS)):
        return
    key, said = without_moment(annotations)
    if key and said != ["Skip"]:
        message = f"`penstock sync` leaves this object out: it has no moment for {', '.join(said) or 'nothing'}"
        yield Problem((*ANNOTATIONS, key), message)
