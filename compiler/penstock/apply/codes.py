"""The findings of sync and status. `prepare.FATAL` lists those after which a sync writes nothing."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS601",
        "branch-empty",
        """The rendered branch holds at least one object.

Bad: a branch `rendered/prod` that has only its marker file.
Good: a branch with at least one object.
Why: syncing an empty branch would delete everything that earlier syncs have created. Such a branch is nearly always a
mistake of an earlier step. To empty an environment on purpose, delete its objects with
`kubectl delete --all-namespaces -l applyset.kubernetes.io/part-of=…`.
""",
    ),
    (
        "PS602",
        "object-twice",
        """An object is on the branch only once.

Bad: two targets of one environment that both render `Namespace/shop`, or a Deployment with `namespace: default` and the
same one without a namespace, where such objects go to `default`.
Good: one of them.
Why: a cluster can hold only one of the two, and they would overwrite each other at every sync.
""",
    ),
    (
        "PS603",
        "reserved-for-penstock",
        """A branch contains no label or object that Penstock reserves for itself in a cluster.

Bad:
```yaml
metadata:
  labels: {applyset.kubernetes.io/part-of: applyset-…-v1}
```
Good: no such label; and no ConfigMap or Lease of the name of the environment's inventory.
Why: the label marks the objects that a sync owns and may prune; a manifest that sets it could make a later sync delete
objects that it does not own. kubectl refuses such input, too.
""",
    ),
    (
        "PS604",
        "prunes-most",
        """A sync deletes more than half of an environment only if asked to.

Bad: the branch has lost 12 of 15 objects.
Good: the same, and the user says `--allow-prune 12`.
Why: a renamed directory, a wrong overlay or a failed render looks just like this. The number in the option permits this
deletion and no larger one. Objects that are recreated under a new hash do not count.
""",
    ),
    (
        "PS605",
        "prunes-a-container-of-others",
        """A sync deletes an object that holds other things only if asked to.

Bad: `Namespace/shop`, a CustomResourceDefinition, a PersistentVolumeClaim, a PersistentVolume, a StatefulSet or a
StorageClass has left the branch, or any object with Argo CD's option `Prune=confirm`.
Good: the same, and the user says `--allow-prune Namespace/shop`; or the live object has the annotation
`penstock.dev/prune: disabled`, and stays.
Why: deleting a Namespace deletes everything in it, deleting a CustomResourceDefinition deletes all objects of its kind
in the whole cluster, and deleting a claim deletes the data.
""",
    ),
    (
        "PS606",
        "not-a-successor",
        """The history of the commit to sync contains the commit that was synced last.

Bad: a clone that is behind, a branch that was rewritten, or another repository whose environment has the same name.
Good: a newer commit of the same branch. `--allow-rewrite` says that going elsewhere is meant; a second repository gives
its environment another `--name`.
Why: in all three cases a sync would undo or delete what somebody else has deployed. A clone without the history
(`fetch-depth: 1`) cannot tell, so it counts as such a case.
""",
    ),
    (
        "PS610",
        "belongs-to-another-set",
        """An object has one owner.

Bad: the live object has the label `applyset.kubernetes.io/part-of` with another value: another environment, another
repository, or `kubectl apply --applyset` manages it.
Good: one of the two gives it up; `--adopt` with the object, or with the value of its label, takes it over.
Why: two owners overwrite each other at every sync, and the one that drops the object first deletes it for both.
""",
    ),
    (
        "PS611",
        "kind-not-served",
        """The cluster serves the kind of every object, or the branch contains its CustomResourceDefinition.

Bad: `kind: Certificate` on a cluster without cert-manager; `apiVersion: policy/v1beta1` on a new Kubernetes.
Good: a kind and a version of `kubectl api-resources`.
Why: there is no API path to which the object could be sent. The other objects are applied, except those that need this
one.
""",
    ),
    (
        "PS612",
        "field-conflict",
        """No controller manages a field that the branch sets.

Bad: the branch says `replicas: 3`, an operator has set 5 and owns the field.
Good: the branch leaves the field out; or `--force-conflicts`, and the operator leaves it.
Why: whoever wins, the other side sets the field back. Penstock settles two cases without asking: it corrects what a
person has changed by hand (kubectl, k9s, a console), and it leaves replicas that a HorizontalPodAutoscaler has set to
the autoscaler.
""",
    ),
    (
        "PS613",
        "refused-by-the-server",
        """The API server accepts every object of the branch.

Bad: an unknown field, a change of an immutable field, a denial by a policy or a webhook, no permission.
Good: the message of the server says what it accepts. For a Secret the message is withheld, since it can quote values.
Why: the server has the last word. The other objects are applied, except those that need this one.
""",
    ),
    (
        "PS614",
        "needs-what-failed",
        """An object is applied after the objects that it needs.

Bad: a custom resource whose CustomResourceDefinition was refused.
Good: repair the other finding; this one goes with it.
Why: applied alone, the object would fail, too, or start in a half-complete environment.
""",
    ),
    (
        "PS616",
        "degraded",
        """Every object becomes healthy.

Bad: a Deployment whose pods cannot pull their image until its progress deadline is over; a Job that failed.
Good: the reason in the message tells what to repair.
Why: in this state waiting does not help: unless the object is past help by itself, it has been Degraded for half a
minute without a break. Nothing that left its target is pruned, so that the old version can still serve.
""",
    ),
    (
        "PS617",
        "not-healthy-in-time",
        """Every object becomes healthy before `--timeout` (5 minutes).

Bad: a pod that no node has room for, or a status of which nobody knows what it means.
Good: repair the reason that the message names, or give it more time. Where the status is not clear, write a rule
(docs/health.md).
Why: a sync must not report success while something is still starting.
""",
    ),
    (
        "PS618",
        "not-pruned",
        """An object that has left the branch can be deleted.

Bad: a policy forbids it, a finalizer holds it, or somebody made it anew in the meantime. Or an object of the branch
names it in `ownerReferences`, and the cluster would delete that one, too.
Good: the message says what is in the way. The next sync tries again.
Why: the object stays in the inventory until it is gone, so Penstock never forgets it.
""",
    ),
    (
        "PS619",
        "prune-incomplete",
        """A sync has permission to list every kind that it owns.

Bad: the user has no right to list ConfigMaps, so those that left the branch are not found.
Good: the right to `list` each kind of the branch, in its namespaces. A kind whose CustomResourceDefinition has gone is
only a warning: its objects have gone with it.
Why: an object that the sync does not find is not pruned, and nobody would notice.
""",
    ),
    (
        "PS620",
        "namespace-not-named",
        """Every object of a namespaced kind has a namespace.

Bad: an object without `metadata.namespace` on the branch, at the first sync, with a kubeconfig whose context has a
default namespace.
Good: `namespace: shop` in the kustomization. Or `--namespace shop` at the first sync: the inventory remembers it.
Why: the default namespace of a context differs from machine to machine. If it decided, a sync from a second machine
would create the objects again in one namespace and delete them in the other. Where no namespace is set at all, the
objects go to `default`.
""",
    ),
    (
        "PS621",
        "belongs-to-another-tool",
        """A sync does not take over an object of Helm, Argo CD, Flux or a controller unless asked to.

Bad: the live ConfigMap carries `meta.helm.sh/release-name`, and the branch has a ConfigMap of this name.
Good: the same, and the user says `--adopt ConfigMap/shop/settings`, `--adopt ConfigMap`, or `--adopt helm`.
Why: two owners undo each other's work, and the one that drops the object first deletes it for both. Once the object is
adopted, Penstock owns the fields that the other tool has set: those that are not on the branch are removed. If the tool
applies the object once more, a warning says so.
""",
    ),
    (
        "PS622",
        "label-of-a-stranger",
        """Only objects that a sync has applied carry its label.

Bad: somebody has copied the label `applyset.kubernetes.io/part-of` of an environment to an object of their own.
Good: no such label.
Why: the label alone proves nothing, so Penstock reports such an object and leaves it alone: it is neither pruned nor
counted. An object belongs to a sync if the inventory has its uid, Penstock's Apply entry is in its managedFields, and
no controller owns it.
""",
    ),
    (
        "PS623",
        "namespace-moves",
        """`--namespace` is the namespace that earlier syncs of the environment have used.

Bad: `--namespace shop-eu`, where objects without a namespace of their own have gone to `shop` so far.
Good: `--namespace shop`, or no such option: the inventory remembers it.
Why: a sync would delete all these objects in one namespace and create them again in the other.
""",
    ),
    (
        "PS624",
        "local-branch-is-behind",
        """The local rendered branch is not behind the branch of the remote.

Bad: `git fetch` has brought new commits of `origin/rendered/prod`, and the local `rendered/prod` is still the old one.
Good: no local branch, or `git branch --force rendered/prod origin/rendered/prod`.
Why: a sync of the local branch would deploy the old commit and call it synced. Penstock therefore reads the branch of
the remote, and warns. Where each branch has commits that the other lacks, Penstock reads neither.
""",
    ),
    (
        "PS625",
        "hook-without-a-moment",
        """A hook names a phase that a sync has.

Bad: `helm.sh/hook: pre-delete`, `helm.sh/hook: test`, `argocd.argoproj.io/hook: SyncFail`, `Skip`, or a word that
neither tool knows.
Good: `argocd.argoproj.io/hook: PreSync`, `PostSync`; `helm.sh/hook: pre-install, pre-upgrade`, `post-upgrade`.
Why: an object for a deletion, a failure or a test must not run at a sync. Penstock leaves it out: it is neither applied
nor pruned.
""",
    ),
    (
        "PS626",
        "encrypted-by-sops",
        """The cluster can read every Secret on the branch.

Bad: a Secret that `sops` has encrypted, with its `sops:` section.
Good: a SealedSecret or an ExternalSecret, which a controller of the cluster turns into a Secret.
Why: a sync does not decrypt, and no API server accepts a Secret with a field `sops`.
""",
    ),
    (
        "PS643",
        "overruled-by-admission",
        """A cluster keeps what the branch says.

Bad: the branch says `replicas: 1`, and a mutating webhook or policy of the cluster makes 3 of it, or removes a label.
Good: the branch says the same as the policy; or the policy leaves the object alone.
Why: the API server accepts such an object and changes it without a word. A sync has then done all that it can, and the
cluster is not what Git says: the fields that were changed or removed are named. Other spellings of the same value
(`1000m`, `1`), defaults and added fields do not count.
""",
    ),
    (
        "PS644",
        "edited-branch",
        """A rendered branch holds what `penstock hydrate` has written, and nothing else that reaches a cluster.

Bad: `rendered/prod` with a file `prod/zz.yaml` that somebody has pushed by hand, or with an image changed in
`prod/deployment.apps_shop.yaml`.
Good: the object is in the sources, and `hydrate` writes it; or `penstock sync prod --accept-edits` after a review.
Why: whoever may push to the branch could otherwise deploy anything, past every review of the sources; and `hydrate`
keeps foreign files, so that such an object would stay for ever. `sync` compares the branch, or the folder of the
environment, with what the last rendered commit has there, and the names of files with those that `hydrate` gives. What
was merged from the branch with `-next` behind its name counts as rendered. A branch without a rendered commit among its
last hundred is not compared, and files that hold no manifests do not matter. `rollback` refuses such a commit, too, and
`status` warns of what the next sync refuses.
""",
    ),
    (
        "PS660",
        "outside-of-its-time",
        """A sync runs only when the `windows` of its environment in `penstock.yaml` permit it.

Bad: `penstock sync prod` on Friday night, with `{kind: deny, schedule: "0 18 * * 5", duration: 62h}`.
Good: on Monday; or with `--manual`, where the window has `manualSync: true`.
Why: the team has decided that nothing changes at that time. A running sync stops before its next phase or wave, unless
the window has `syncOverrun: true`. What was applied until then stays, and the next sync completes it.
""",
    ),
    (
        "PS661",
        "rolled-back",
        """A sync repeats what was rolled back only if asked to.

Bad: `penstock rollback prod 3f2a91c`, and then `penstock sync prod` with the commit that was left.
Good: a newer commit on the branch, which mends what was wrong; or `--unpin`.
Why: a pipeline that runs again would bring back what a person has just removed.
""",
    ),
    (
        "PS662",
        "nothing-to-choose",
        """`--only` and `--target` name something on the branch.

Bad: `--only Service/web`, where the branch has the Service `shop/shop-web`.
Good: `--only Service/shop/shop-web`, a kind such as `Deployment.apps`, or a folder such as `apps/shop`; `--target` the
folder of a target.
Why: a misspelt name would sync nothing and report success.
""",
    ),
    (
        "PS663",
        "another-cluster",
        """A sync goes to the cluster of the last sync from this clone, or to one that has the environment.

Bad: `penstock sync prod --context prod`, when the context `prod` has been pointed to another cluster since.
Good: the cluster of last time; or `--another-cluster`, once; or `cluster` in `penstock.yaml`, with `server` or
`caDigest`, which says for everybody which cluster is meant.
Why: a kubeconfig can change without its user noticing, and an environment in the wrong cluster is applied as if it were
new.
""",
    ),
    (
        "PS664",
        "not-waited-for",
        """A sync reports an object as healthy only after it has seen that it is.

Bad: nothing; the finding points out an object with the annotation `penstock.dev/wait: disabled`, or
`argocd.argoproj.io/ignore-healthcheck: "true"`.
Good: no such annotation on what others depend on.
Why: the health of such an object delays neither later waves nor pruning, so the sync says that it has not looked at it.
""",
    ),
    (
        "PS665",
        "newer-commit",
        """A sync ends with the newest commit of its branch.

Bad: a sync that waits for a Deployment to get ready, while the branch gets a newer commit.
Good: the sync of that newer commit.
Why: an object that nobody wants any longer need not become healthy. The sync applies all of this commit, prunes
nothing more, and reports no object as healthy that is not. The newer sync continues where this one has ended.
""",
    ),
    (
        "PS666",
        "odd-time-limit",
        """`penstock.dev/timeout` is the time that a sync waits for an object.

Bad: `penstock.dev/timeout: ten minutes`.
Good: `penstock.dev/timeout: 10m`, or `90s`, or `1h30m`.
Why: a value that cannot be parsed limits nothing, and the sync waits for the object as long as `--timeout` says.
""",
    ),
    (
        "PS667",
        "unknown-past-of-a-target",
        """The history of the branch tells a sync of one target which objects to prune.

Bad: `penstock sync prod --target apps/shop` in a clone with a depth of 1.
Good: a clone with the history of the branch; or a sync of the whole environment, which needs none.
Why: the cluster remembers which objects belong to the environment, but not to which target.
""",
    ),
    (
        "PS668",
        "replaces-nothing",
        """`--replace` names an object of the branch.

Bad: `--replace Job.batch/migrate` for a Job in the namespace shop.
Good: `--replace Job.batch/shop/migrate`, as the finding on the field that cannot change spells it.
Why: to replace is to delete, so Penstock takes no name for another. Without this finding, a name that is a little off
would look as if replacing did not help.
""",
    ),
    (
        "PS669",
        "adopts-nothing",
        """Each word of `--adopt` names something.

Bad: `--adopt argo`, which is no tool that Penstock knows.
Good: `--adopt argocd`; or an object or a kind on the branch, or an owner that a finding names.
Why: a word that is a little off adopts nothing, which would look as if adopting did not help. Words in `penstock.yaml`
are not checked: they stay there when everything has been adopted.
""",
    ),
    (
        "PS627",
        "kustomization-on-the-branch",
        """A rendered branch holds manifests, not sources.

Bad: a `kustomization.yaml`, `Chart.yaml` or `values.yaml` that somebody has committed to a target's folder of
`rendered/prod`.
Good: no such file; the sources are on another branch.
Why: the file is not an object for a cluster. Penstock ignores it, and applies the manifests beside it. A file counts as
a manifest if it has two of `apiVersion`, `kind` and `metadata`, or if it is called as `penstock hydrate` calls files.
""",
    ),
)
