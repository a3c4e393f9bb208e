"""Several clusters and several environments, and which cluster is the right one. The second cluster is a real one."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.conftest import Cluster, Spare, Stand
from tests.cluster.test_operation import NEVER_READY, OTHER, SETTINGS

from penstock.apply import kubeconfig
from penstock.apply.failure import Failure

TWO = "environments: {prod: {clusters: {eu: {context: eu}, us: {context: us}}}}\n"


@pytest.fixture
def second(spare: Spare) -> Cluster:
    return spare.cluster


def kubeconfig_of(stand: Stand, **clusters: Cluster | str) -> str:
    """A file with a context for each cluster; a text is the address of one whose certificate is a stranger's."""
    content: dict[str, Any] = {
        "contexts": [],
        "clusters": [],
        "users": [{"name": "me", "user": {"token": "admintoken"}}],
    }
    for name, cluster in clusters.items():
        if isinstance(cluster, str):
            where = {"server": cluster}
        else:
            known = json.loads(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
            where = {"server": known["server"], "certificate-authority": str(cluster.kubeconfig.with_name("ca.crt"))}
        content["contexts"].append({"name": name, "context": {"cluster": name, "user": "me"}})
        content["clusters"].append({"name": name, "cluster": where})
    path = stand.repository / "kubeconfig.json"
    path.write_text(json.dumps(content))
    return str(path)


def server_of(cluster: Cluster) -> str:
    return str(json.loads(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]["server"])


def where(stand: Stand, path: str) -> tuple[str, ...]:
    return "--kubeconfig", path, "--inventory-namespace", stand.namespace


def colour_on(cluster: Cluster, stand: Stand) -> Any:
    live = cluster.admin.get(stand.path("configmaps", "settings"))
    return None if isinstance(live, Failure) else live["data"]["colour"]


def space(name: str) -> str:
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"


def test_clusters_of_one_environment_have_each_a_state_of_their_own(stand: Stand, second: Cluster) -> None:
    (stand.repository / "penstock.yaml").write_text(TWO)
    path = kubeconfig_of(stand, eu=stand.cluster, us=second)
    good = stand.commit(SETTINGS, space(stand.namespace))
    done = stand.penstock("sync", "prod", *where(stand, path), "--adopt", f"Namespace/{stand.namespace}")
    assert done.status == 0, done.err
    assert colour_on(stand.cluster, stand) == colour_on(second, stand) == "blue"
    assert {line.partition(": ")[0] for line in done.out.splitlines()} == {"prod/eu", "prod/us"}
    stand.commit(SETTINGS.replace("blue", "red"), space(stand.namespace))
    assert stand.penstock("sync", "prod", *where(stand, path), "--on", "us").status == 0
    assert (colour_on(stand.cluster, stand), colour_on(second, stand)) == ("blue", "red")
    status = stand.penstock("status", "prod", *where(stand, path), "--format", "json")
    assert status.status == 1
    found = {each["cluster"]: each["sync"] for each in map(json.loads, status.out.splitlines())}
    assert found == {"eu": "OutOfSync", "us": "Synced"}
    history = stand.penstock("history", "prod", *where(stand, path), "--format", "json")
    told = {each["cluster"]: len(each["syncs"]) for each in map(json.loads, history.out.splitlines())}
    assert told == {"eu": 1, "us": 2}
    assert stand.penstock("history", "prod", *where(stand, path), "--on", "eu").status == 0
    back = stand.penstock("rollback", "prod", good, *where(stand, path))
    assert back.status == 0, back.err
    assert (colour_on(stand.cluster, stand), colour_on(second, stand)) == ("blue", "blue")
    again = stand.penstock("sync", "prod", *where(stand, path))
    assert again.err.count("PS661") == 2


def test_cluster_that_fails_holds_up_no_other(stand: Stand) -> None:
    (stand.repository / "penstock.yaml").write_text(TWO)
    path = kubeconfig_of(stand, eu=server_of(stand.cluster), us=stand.cluster)
    stand.commit(SETTINGS)
    done = stand.penstock("sync", "prod", *where(stand, path), "--format", "json")
    assert done.status == 4
    assert "prod/eu: penstock: " in done.err
    assert colour_on(stand.cluster, stand) == "blue"
    ended = [each for each in map(json.loads, done.out.splitlines()) if each["event"] == "ended"]
    assert [(each["environment"], each["cluster"], each["status"]) for each in ended] == [("prod", "us", "synced")]


USERS: dict[str, tuple[dict[str, Any], str]] = {
    "nobody": ({"token": "expired"}, "Unauthorized"),
    "few rights": ({"token": "viewertoken"}, 'User "viewer" cannot'),
    "broken login": (
        {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "false"}},
        "with status 1\n",
    ),
}


@pytest.mark.parametrize("user", USERS)
def test_cluster_that_lets_nobody_in_holds_up_no_other(stand: Stand, second: Cluster, user: str) -> None:
    """Neither a sync nor a rollback; what is left out is made good when the cluster lets them in."""
    (stand.repository / "penstock.yaml").write_text(TWO)
    second.admin.call("POST", "/api/v1/namespaces", {}, {"metadata": {"name": stand.namespace}})
    path = kubeconfig_of(stand, eu=stand.cluster, us=second)
    good = stand.commit(SETTINGS)
    assert stand.penstock("sync", "prod", *where(stand, path)).status == 0
    stand.commit(SETTINGS.replace("blue", "red"))
    content = json.loads(Path(path).read_text())
    credential, words = USERS[user]
    content["users"].append({"name": "other", "user": credential})
    content["contexts"][1]["context"]["user"] = "other"
    Path(path).write_text(json.dumps(content))
    for command, colour in ((("sync", "prod"), "red"), (("rollback", "prod", good), "blue")):
        done = stand.penstock(*command, *where(stand, path))
        assert done.status == 4
        assert words in done.err
        assert (colour_on(stand.cluster, stand), colour_on(second, stand)) == (colour, "blue")
    path = kubeconfig_of(stand, eu=stand.cluster, us=second)
    apart = stand.penstock("sync", "prod", *where(stand, path))
    assert apart.err.count("PS661") == 1  # only one of them is held by the rollback
    assert (colour_on(stand.cluster, stand), colour_on(second, stand)) == ("blue", "red")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_run_ends_at_all_clusters(stand: Stand, second: Cluster, number: int, status: int) -> None:
    (stand.repository / "penstock.yaml").write_text(TWO)
    path = kubeconfig_of(stand, eu=stand.cluster, us=second)
    adopt = ("--adopt", f"Namespace/{stand.namespace}")
    stand.commit(NEVER_READY, SETTINGS, space(stand.namespace))
    process = stand.start("sync", "prod", *where(stand, path), *adopt)
    waiting = {"prod/eu", "prod/us"}
    assert process.stderr
    while waiting:
        line = process.stderr.readline()
        assert line, "the sync has ended"
        waiting -= {line.partition(": ")[0]} if ": waiting: " in line else set()
    process.send_signal(number)
    _, err = process.communicate(timeout=10)
    assert process.returncode == status
    told = {line for line in err.splitlines() if "waiting: " not in line} - {"penstock: interrupted"}
    assert told == {"prod/eu: penstock: interrupted", "prod/us: penstock: interrupted"}
    stand.commit(SETTINGS, space(stand.namespace))
    again = stand.penstock("sync", "prod", *where(stand, path), *adopt, "--lock-timeout", "0s")
    assert again.status == 0, again.err


def test_several_environments_go_in_one_run(stand: Stand) -> None:
    stand.commit(SETTINGS)
    stand.commit(OTHER, branch="rendered/dev", environment="dev")
    path = where(stand, kubeconfig_of(stand, it=stand.cluster))
    done = stand.penstock("sync", "prod", "dev", *path, "--context", "it")
    assert done.status == 0, done.err
    assert "dev: rendered/dev is synced" in done.out
    assert colour_on(stand.cluster, stand) == "blue"
    assert stand.exists("configmaps", "other")


def test_unknown_cluster_is_said(stand: Stand) -> None:
    (stand.repository / "penstock.yaml").write_text(TWO)
    stand.commit(SETTINGS)
    assert "gives it eu, us" in stand.penstock("sync", "prod", "--on", "asia").err
    assert "is none of them" in stand.penstock("sync", "prod", "--context", "asia").err
    assert stand.penstock("sync", "prod", "dev", "--name", "shop").status == 2


# --- the right one


def test_another_cluster_than_last_time_is_refused_until_told(stand: Stand, second: Cluster) -> None:
    path = kubeconfig_of(stand, prod=stand.cluster)
    stand.commit(SETTINGS, space(stand.namespace))
    adopt = ("--adopt", f"Namespace/{stand.namespace}")
    assert stand.penstock("sync", "prod", *where(stand, path), "--context", "prod", *adopt).status == 0
    kubeconfig_of(stand, prod=second)  # the same context, somewhere else
    for options in (("--dry-run",), ()):
        refused = stand.penstock("sync", "prod", *where(stand, path), "--context", "prod", *options)
        assert refused.status == 1
        assert "PS663" in refused.err
        assert stand.cluster.admin.access.server in refused.err
    assert colour_on(second, stand) is None
    assert stand.penstock("sync", "prod", *where(stand, path), "--context", "prod", "--another-cluster").status == 0
    assert colour_on(second, stand) == "blue"
    kubeconfig_of(stand, prod=stand.cluster)  # where the environment is already
    assert stand.penstock("sync", "prod", *where(stand, path), "--context", "prod").status == 0


def test_cluster_that_is_lost_is_made_anew_by_one_command(stand: Stand, second: Cluster) -> None:
    """The second cluster is empty but for what Kubernetes itself makes."""
    stand.commit(SETTINGS, OTHER, space(stand.namespace))
    adopt = ("--adopt", f"Namespace/{stand.namespace}")
    path = kubeconfig_of(stand, prod=stand.cluster)
    assert stand.penstock("sync", "prod", *where(stand, path), "--context", "prod", *adopt).status == 0
    kubeconfig_of(stand, prod=second)
    done = stand.penstock("sync", "prod", *where(stand, path), "--context", "prod", "--another-cluster")
    assert done.status == 0, done.err
    assert colour_on(second, stand) == "blue"
    status = stand.penstock("status", "prod", *where(stand, path), "--context", "prod")
    assert status.status == 0, status.out


def test_service_account_of_a_pod(stand: Stand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a pod is given, lying in another folder; and what is done is done as somebody else."""
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text("admintoken\n")
    (account / "ca.crt").write_bytes(stand.cluster.kubeconfig.with_name("ca.crt").read_bytes())
    monkeypatch.setattr(kubeconfig, "ACCOUNT", str(account))
    (stand.repository / "penstock.yaml").write_text("environments: {prod: {cluster: {inCluster: true}}}\n")
    stand.commit(SETTINGS)
    own = ("--inventory-namespace", stand.namespace)
    assert "this is no pod" in stand.penstock("sync", "prod", *own).err
    port = stand.cluster.admin.access.server.rpartition(":")[2]
    stand.environ |= {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port}
    done = stand.penstock("sync", "prod", *own)
    assert done.status == 0, done.err
    assert "→ in-cluster (https://127.0.0.1" in done.out
    acting = "environments: {prod: {cluster: {inCluster: true, as: viewer, asGroups: [few]}}}\n"
    (stand.repository / "penstock.yaml").write_text(acting)
    refused = stand.penstock("sync", "prod", *own)
    assert refused.status == 4
    assert 'User "viewer" cannot' in refused.err


# --- rules of health of the user's own


def test_rules_of_health_of_the_repository(stand: Stand) -> None:
    rules = stand.repository / "health"
    rules.mkdir()
    (stand.repository / "penstock.yaml").write_text("health: [health]\n")
    (rules / ".yaml").write_text("Pod:\n- Healthy: {.spec.nodeName: nowhere}\n")
    stand.commit(NEVER_READY)
    assert stand.sync("--timeout", "5s").status == 0
    (rules / "example.com.yaml").write_text("Widget:\n- Fine: {Ready: true}\n")
    refused = stand.sync()
    assert refused.status == 2
    assert (
        "health/example.com.yaml has a rule for Widget, the 1., that does not have just one of the words" in refused.err
    )
