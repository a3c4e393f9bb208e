"""The findings of sync and status. `prepare.FATAL` lists those after which nothing is written."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS601",
        "branch-empty",
        """The rendered branch holds no objects.

Bad: a branch `rendered/prod` that has only its marker file.
Good: a branch with at least one object.
Why: syncing it would delete everything that earlier syncs have made. An empty branch is nearly always a mistake of the
step before. Who really wants to empty an environment deletes its objects with
`kubectl delete --all-namespaces -l applyset.kubernetes.io/part-of=…`.
""",
    ),
    (
        "PS602",
        "object-twice",
        """One object is on the branch only once.

Bad: two targets of one environment that both render `Namespace/shop`, or a Deployment with `namespace: default` and the
same one without a namespace, where such objects go to `default`.
Good: one of them.
Why: a cluster can hold only one of the two, and they would overwrite each other at every sync.
""",
    ),
    (
        "PS603",
        "reserved-for-penstock",
        """What Penstock keeps for itself in a cluster is not on a branch.

Bad:
```yaml
metadata:
  labels: {applyset.kubernetes.io/part-of: applyset-…-v1}
```
Good: no such label; and no ConfigMap or Lease of the name of the environment's inventory.
Why: the label says which objects a sync owns and may prune; a manifest that sets it could make a later sync delete what
is not its own. kubectl refuses such input too.
""",
    ),
    (
        "PS604",
        "prunes-most",
        """A sync does not delete more than half of an environment unasked.

Bad: the branch has lost 12 of 15 objects.
Good: the same, and the user says `--allow-prune 12`.
Why: a rename of a directory, a wrong overlay or a failed render looks just like this. The number in the option
acknowledges this deletion and no larger one. What is made anew under a new hash is not counted.
""",
    ),
    (
        "PS605",
        "prunes-a-container-of-others",
        """A sync does not delete what holds other things unasked.

Bad: `Namespace/shop`, a CustomResourceDefinition, a PersistentVolumeClaim, a PersistentVolume, a StatefulSet or a
StorageClass has left the branch.
Good: the same, and the user says `--allow-prune Namespace/shop`; or the live object has the annotation
`penstock.dev/prune: disabled`, and stays.
Why: with a Namespace goes all that is in it, with a CustomResourceDefinition go all objects of its kind in the whole
cluster, with a claim goes the data.
""",
    ),
    (
        "PS606",
        "not-a-successor",
        """The commit to sync has the commit synced last in its history.

Bad: a clone that is behind, a branch that was rewritten, or another repository whose environment has the same name.
Good: a newer commit of the same branch. `--allow-rewrite` says that going elsewhere is meant; a second repository gives
its environment another `--name`.
Why: in all three cases a sync would undo or delete what somebody else has deployed. A clone without the history
(`fetch-depth: 1`) cannot know, so it counts as bad.
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
        """The cluster serves the kind of every object, or the branch brings its CustomResourceDefinition.

Bad: `kind: Certificate` on a cluster without cert-manager; `apiVersion: policy/v1beta1` on a new Kubernetes.
Good: a kind and a version of `kubectl api-resources`.
Why: there is no path to send the object to. The other objects are applied, those that need this one are not.
""",
    ),
    (
        "PS612",
        "field-conflict",
        """A field that the branch sets is not managed by a controller.

Bad: the branch says `replicas: 3`, an operator has set 5 and owns the field.
Good: the branch leaves the field out; or `--force-conflicts`, and the operator leaves it.
Why: whoever wins, the other sets it back. Two cases are settled without asking: what a person has changed by hand
(kubectl, k9s, a console) is put right, and replicas that a HorizontalPodAutoscaler has set are left to it.
""",
    ),
    (
        "PS613",
        "refused-by-the-server",
        """The API server takes every object of the branch.

Bad: an unknown field, a change of an immutable field, a denial by a policy or a webhook, no permission.
Good: the message of the server says what would be. For a Secret its words are withheld, since they can quote values.
Why: the server has the last word. Other objects are applied, those that need this one are not.
""",
    ),
    (
        "PS614",
        "needs-what-failed",
        """An object is applied after the objects that it needs.

Bad: a custom resource whose CustomResourceDefinition was refused.
Good: repair the other finding; this one goes with it.
Why: applied alone it would fail too, or start in a half-made environment.
""",
    ),
    (
        "PS616",
        "degraded",
        """Every object gets healthy.

Bad: a Deployment whose pods cannot pull their image until its progress deadline is over; a Job that failed.
Good: the reason in the message tells what to repair.
Why: this is the state in which waiting does not help. Nothing is pruned, so that the old version can still serve.
""",
    ),
    (
        "PS617",
        "not-healthy-in-time",
        """Every object gets healthy before `--timeout` (5 minutes).

Bad: a pod that no node has room for.
Good: repair the reason that the message names, or give it more time.
Why: a sync that ends well while something still starts would say more than it knows.
""",
    ),
    (
        "PS618",
        "not-pruned",
        """An object that has left the branch can be deleted.

Bad: a policy forbids it, a finalizer holds it, or somebody made it anew in the meantime.
Good: the message says what is in the way. The next sync tries again.
Why: it stays in the inventory until it has gone, so it is never forgotten.
""",
    ),
    (
        "PS619",
        "prune-incomplete",
        """A sync may list the kinds that it owns.

Bad: the user has no right to list ConfigMaps, so those that left the branch are not found.
Good: the right to `list` each kind of the branch, in its namespaces. A kind whose CustomResourceDefinition has gone is
only a warning: its objects have gone with it.
Why: an object that is not found is not pruned, and nobody would notice.
""",
    ),
    (
        "PS620",
        "namespace-not-named",
        """Every object of a kind that lives in a namespace has one.

Bad: an object without `metadata.namespace` on the branch, at the first sync, with a kubeconfig whose context has a
default namespace.
Good: `namespace: shop` in the kustomization. Or `--namespace shop` at the first sync: the inventory remembers it.
Why: the namespace of a context is another one on each machine. If it decided, a sync from a second machine would make
the objects anew in one namespace and delete them in the other. Where nothing at all is said, they go to `default`.
""",
    ),
    (
        "PS621",
        "belongs-to-another-tool",
        """An object that Helm, Argo CD, Flux or a controller owns is not taken over unasked.

Bad: the live ConfigMap carries `meta.helm.sh/release-name`, and the branch has a ConfigMap of this name.
Good: the same, and the user says `--adopt ConfigMap/shop/settings`, `--adopt ConfigMap`, or `--adopt helm`.
Why: two owners undo each other's work, and the one that drops the object first deletes it for both. Once it is adopted,
the fields that the other tool has set are ours: what is not on the branch goes.
""",
    ),
    (
        "PS622",
        "label-of-a-stranger",
        """Only what a sync has made carries its label.

Bad: somebody has copied the label `applyset.kubernetes.io/part-of` of an environment to an object of their own.
Good: no such label.
Why: the label alone proves nothing, so such an object is named and left alone: it is neither pruned nor counted. An
object is ours if the inventory has its uid, our Apply entry stands in its managedFields, and no controller owns it.
""",
    ),
    (
        "PS623",
        "namespace-moves",
        """`--namespace` names the namespace that earlier syncs of the environment have used.

Bad: `--namespace shop-eu`, where objects without a namespace of their own have gone to `shop` so far.
Good: `--namespace shop`, or no such option: the inventory remembers it.
Why: all these objects would be deleted in one namespace and made anew in the other.
""",
    ),
    (
        "PS624",
        "local-branch-is-behind",
        """The local rendered branch is as far as that of the remote.

Bad: `git fetch` has brought new commits of `origin/rendered/prod`, and the local `rendered/prod` is still the old one.
Good: no local branch, or `git branch --force rendered/prod origin/rendered/prod`.
Why: a sync of the local branch would deploy the old commit and call it synced. So that of the remote is read, and a
warning says so. Where each has commits that the other lacks, nothing is read at all.
""",
    ),
    (
        "PS625",
        "hook-without-a-moment",
        """A hook is for a moment that a sync has.

Bad: `helm.sh/hook: pre-delete`, `helm.sh/hook: test`, `argocd.argoproj.io/hook: SyncFail`, `Skip`, or a word that
neither tool knows.
Good: `argocd.argoproj.io/hook: PreSync`, `PostSync`; `helm.sh/hook: pre-install, pre-upgrade`, `post-upgrade`.
Why: an object for a deletion, a failure or a test must not run at a sync. It is left out, and neither applied nor
pruned.
""",
    ),
    (
        "PS626",
        "encrypted-by-sops",
        """Secrets on the branch can be read by the cluster.

Bad: a Secret that `sops` has encrypted, with its `sops:` section.
Good: a SealedSecret or an ExternalSecret, which a controller of the cluster turns into a Secret.
Why: a sync does not decrypt, and no API server takes a Secret with a field `sops`.
""",
    ),
    (
        "PS660",
        "outside-of-its-time",
        """A sync runs when `windows` of its environment in `penstock.yaml` let it.

Bad: `penstock sync prod` on Friday night, with `{kind: deny, schedule: "0 18 * * 5", duration: 62h}`.
Good: on Monday; or with `--manual`, where the window has `manualSync: true`.
Why: the team has said that nothing changes then. A sync that is under way stops before its next phase or wave, unless
the window has `syncOverrun: true`. What was applied until then stays, and the next sync completes it.
""",
    ),
    (
        "PS661",
        "rolled-back",
        """What was rolled back is not synced again unasked.

Bad: `penstock rollback prod 3f2a91c`, and then `penstock sync prod` with the commit that was left.
Good: a newer commit on the branch, which mends what was wrong; or `--unpin`.
Why: a pipeline that runs again would bring back what a person has just taken away.
""",
    ),
    (
        "PS662",
        "nothing-to-choose",
        """`--only` and `--target` name something that is on the branch.

Bad: `--only Service/web`, where the branch has the Service `shop/shop-web`.
Good: `--only Service/shop/shop-web`, a kind such as `Deployment.apps`, or a folder such as `apps/shop`; `--target` the
folder of a target.
Why: a misspelt name would sync nothing and call it a success.
""",
    ),
    (
        "PS663",
        "another-cluster",
        """A sync goes to the cluster that the last one from this clone has gone to, or to one where the environment is.

Bad: `penstock sync prod --context prod`, when the context `prod` has been pointed to another cluster since.
Good: the cluster of last time; or `--another-cluster`, once; or `cluster` in `penstock.yaml`, with `server` or
`caDigest`, which says for everybody which cluster is meant.
Why: a kubeconfig changes under its user's hands, and an environment in the wrong cluster is applied as if it were new.
""",
    ),
    (
        "PS664",
        "not-waited-for",
        """What a sync calls healthy it has seen healthy.

Bad: nothing; this is a word about an object with the annotation `penstock.dev/wait: disabled`.
Good: no such annotation on what others depend on.
Why: its health holds up neither later waves nor the pruning, so the sync says that it has not looked at it.
""",
    ),
    (
        "PS665",
        "newer-commit",
        """A sync ends with the newest commit of its branch.

Bad: a sync that waits for a Deployment to get ready, while the branch gets a newer commit.
Good: the sync of that newer commit.
Why: what nobody wants any longer need not get healthy. All of this commit is applied; nothing is pruned, and nothing is
called healthy that is not. The newer sync takes over where this one has ended.
""",
    ),
    (
        "PS666",
        "odd-time-limit",
        """`penstock.dev/timeout` says how long an object is waited for.

Bad: `penstock.dev/timeout: ten minutes`.
Good: `penstock.dev/timeout: 10m`, or `90s`, or `1h30m`.
Why: what cannot be read limits nothing, and the object is waited for as long as `--timeout` says.
""",
    ),
    (
        "PS667",
        "unknown-past-of-a-target",
        """A sync of a target prunes what the target had, as the history of the branch tells.

Bad: `penstock sync prod --target apps/shop` in a clone with a depth of 1.
Good: a clone with the history of the branch; or a sync of the whole environment, which needs none.
Why: the cluster remembers which objects are the environment's, not of which target each was.
""",
    ),
    (
        "PS627",
        "kustomization-on-the-branch",
        """A rendered branch holds manifests, not sources.

Bad: a `kustomization.yaml` that somebody has committed to a target's folder of `rendered/prod`.
Good: no such file; the sources are on another branch.
Why: it is no object for a cluster. It is left alone, and the manifests beside it are applied.
""",
    ),
)
