"""Which cluster, and with which credentials: kubeconfig files as users have them."""

import base64
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from penstock.apply import plugin
from penstock.apply.client import Client
from penstock.apply.complaint import told
from penstock.apply.kubeconfig import Access, Plugin, choose
from penstock.model import Refusal

Config = dict[str, Any]


def config(**user: Any) -> Config:
    """One context `prod`, which is the current one."""
    return {
        "clusters": [{"name": "eu", "cluster": {"server": "https://eu.example.org:6443/"}}],
        "users": [{"name": "me", "user": user}],
        "contexts": [{"name": "prod", "context": {"cluster": "eu", "user": "me", "namespace": "shop"}}],
        "current-context": "prod",
    }


def write(folder: Path, content: Config | str, name: str = "kubeconfig") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def refusal(environ: dict[str, str], kubeconfig: str = "", context: str = "") -> str:
    with pytest.raises(Refusal) as caught:
        choose(environ, "/", kubeconfig, context)
    assert caught.value.status == 2
    return str(caught.value)


# --- the cluster is named, never guessed


def test_nothing_named_is_refused_and_contexts_are_listed(tmp_path: Path) -> None:
    path = write(tmp_path, config(), ".kube/config")
    for environ in ({"HOME": str(tmp_path)}, {"KUBECONFIG": path}):
        message = refusal(environ)
        assert "name the cluster with --context or --kubeconfig" in message
        assert "contexts here: prod" in message


def test_named_file_stands_for_its_current_context(tmp_path: Path) -> None:
    access = choose({}, str(tmp_path), "kubeconfig" if write(tmp_path, config(token="t")) else "")
    assert (access.context, access.server, access.namespace) == ("prod", "https://eu.example.org:6443", "shop")


def test_named_file_without_current_context_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {**config(), "current-context": ""})
    assert "has no current context" in refusal({}, path)


def test_context_is_looked_up_in_all_files_and_the_first_wins(tmp_path: Path) -> None:
    first = write(tmp_path, config(token="first"), "one")
    second = config(token="second")
    second["contexts"].append({"name": "other", "context": {"cluster": "eu", "user": "me"}})
    environ = {"KUBECONFIG": os.pathsep.join([first, str(tmp_path / "none"), write(tmp_path, second, "two")])}
    assert choose(environ, "/", "", "other").token == "first"
    assert choose(environ, "/", "", "other").namespace == "default"
    assert "no context 'nowhere'" in refusal(environ, "", "nowhere")


def test_missing_file_is_refused_only_if_it_was_named(tmp_path: Path) -> None:
    assert "there is no kubeconfig" in refusal({}, str(tmp_path / "none"))
    assert "contexts here: none" in refusal({"HOME": str(tmp_path)})


# --- credentials


def test_files_are_relative_to_their_kubeconfig(tmp_path: Path) -> None:
    content = config(**{"client-certificate": "me.crt", "client-key": "me.key", "tokenFile": "token"})
    content["clusters"][0]["cluster"]["certificate-authority"] = "ca.crt"
    for name in ("me.crt", "me.key", "ca.crt"):
        write(tmp_path, f"the {name}", f"sub/{name}")
    access = choose({}, "/", write(tmp_path, content, "sub/kubeconfig"))
    assert (access.certificate, access.key, access.authority) == ("the me.crt", "the me.key", "the ca.crt")
    assert access.token_file == str(tmp_path / "sub" / "token")


def test_inline_data_wins_over_files(tmp_path: Path) -> None:
    data = base64.b64encode(b"inline").decode()
    access = choose({}, "/", write(tmp_path, config(**{"client-key": "none", "client-key-data": data})))
    assert access.key == "inline"


def test_options_of_the_connection_are_read(tmp_path: Path) -> None:
    content = config(**{"as": "deployer", "as-groups": ["a", "b"], "as-user-extra": {"why": ["x"]}})
    content["clusters"][0]["cluster"] |= {
        "tls-server-name": "eu",
        "proxy-url": "http://proxy:3128",
        "insecure-skip-tls-verify": True,
    }
    access = choose({}, "/", write(tmp_path, content))
    assert (access.tls_name, access.proxy, access.insecure) == ("eu", "http://proxy:3128", True)
    assert access.impersonate == (
        ("Impersonate-User", "deployer"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-why", "x"),
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a: [b", "is not YAML"),
        ("token: *secret-token", "has aliases"),
        ("- a", "is not a mapping"),
        ("contexts: prod", "is not a list of mappings"),
        ("contexts: [prod]", "is not a list of mappings"),
        ("\udcff", "not UTF-8"),
        (config() | {"users": []}, "names the user 'me', which no kubeconfig has"),
        (config() | {"clusters": []}, "names the cluster 'eu', which no kubeconfig has"),
        (config(**{"client-key-data": "%%%"}), "is not base64"),
        (config(**{"client-key": "/none"}), "cannot read the kubeconfig's client-key"),
        (config(**{"auth-provider": {"name": "gcp"}}), "replaced by `exec`"),
        (config(exec={"command": "login", "interactiveMode": "Always"}), "wants a terminal"),
    ],
)
def test_broken_kubeconfig_is_refused_without_quoting_it(tmp_path: Path, content: Config | str, why: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_bytes((content if isinstance(content, str) else json.dumps(content)).encode("utf-8", "surrogateescape"))
    message = refusal({}, str(path))
    assert why in message
    assert "secret-token" not in message


def test_access_does_not_show_its_secrets() -> None:
    access = Access("prod", "https://eu", "default", token="hunter2", key="hunter2")
    assert "hunter2" not in f"{access!r} {access}"


# --- credential plugins


def exec_config(tmp_path: Path, script: str, **more: Any) -> Config:
    write(tmp_path, f"#!{sys.executable}\n{script}", "bin/login")
    (tmp_path / "bin" / "login").chmod(0o755)
    spec = {"apiVersion": "client.authentication.k8s.io/v1", "command": "bin/login", "interactiveMode": "Never", **more}
    return config(exec=spec)


def run_plugin(tmp_path: Path, content: Config) -> plugin.Credential:
    access = choose({}, "/", write(tmp_path, content))
    assert access.plugin
    return plugin.fetch(access.plugin, {"PATH": os.environ["PATH"], "HOME": "/home/me"})


def test_plugin_is_found_beside_the_kubeconfig_and_gets_its_environment(tmp_path: Path) -> None:
    script = """
import json, os, sys
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
assert info["spec"]["interactive"] is False
assert info["spec"]["cluster"]["server"] == "https://eu.example.org:6443/"
assert not sys.stdin.read()
token = f"{os.environ['WHO']} {sys.argv[1]} {os.environ['HOME']}"
status = {"token": token, "expirationTimestamp": "2001-01-01T00:00:00Z"}
print(json.dumps({"apiVersion": info["apiVersion"], "kind": "ExecCredential", "status": status}))
"""
    more = {"args": ["-x"], "env": [{"name": "WHO", "value": "me"}], "provideClusterInfo": True}
    credential = run_plugin(tmp_path, exec_config(tmp_path, script, **more))
    assert credential.token == "me -x /home/me"
    assert credential.is_expired
    assert "me" not in repr(credential)


@pytest.mark.parametrize(
    ("script", "more", "why"),
    [
        ("import sys; sys.exit('no \\x1b[31mticket')", {}, "failed with status 1: no ticket"),
        ("print('hunter2')", {}, "printed no ExecCredential"),
        ('print(\'{"kind": "ExecCredential"}\')', {}, "printed no ExecCredential"),
        ("", {"apiVersion": "client.authentication.k8s.io/v1alpha1"}, "speaks 'client.authentication.k8s.io/v1alpha1'"),
        ("", {"command": "no-such-login", "installHint": "apt install it"}, "is not installed; apt install it"),
        ("", {"args": ["a\0b"]}, "a NUL is in its arguments"),
        ("", {"env": [{"name": "A", "value": "b\0c"}]}, "a NUL is in its arguments"),
        ("while True: print('x' * 100_000)", {}, "printed more than 1024 KiB"),
        ("import sys\nwhile True: sys.stderr.write('x' * 100_000)", {}, "printed more than 1024 KiB"),
    ],
)
def test_plugin_that_does_not_deliver(tmp_path: Path, script: str, more: dict[str, str], why: str) -> None:
    with pytest.raises(Refusal) as caught:
        run_plugin(tmp_path, exec_config(tmp_path, script, **more))
    assert caught.value.status == 4
    assert why in str(caught.value)
    assert "hunter2" not in str(caught.value)


JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"


@pytest.mark.parametrize(("complaint", "expected"), [
    ("Unable to locate credentials. Run aws sso login", "Unable to locate credentials. Run aws sso login"),
    ("The SSO session in eu-west-1 has expired", "The SSO session in eu-west-1 has expired"),
    ("the refresh token has expired (ExpiredTokenException)", "the refresh token has expired (ExpiredTokenException)"),
    ("AADSTS70043: log in at https://login.example.org/device", "AADSTS70043: log in at https://login.example.org/device"),
    (f"cannot use {JWT} any more", "cannot use (withheld) any more"),
    (f"Authorization: Bearer {JWT}\nlog in", "Authorization: (withheld) log in"),
    ("bearer hunter2: refused", "bearer (withheld) refused"),
    ('{"access_token": "hunter2"}', '{"access_token": (withheld)'),
    ("client_secret=hunter2 is wrong", "client_secret=(withheld)"),
    ("the password:\n  hunter2\nis wrong", "the password: (withheld) is wrong"),
    ("POST https://me:hunter2@login.example.org/t?code=hunter2#x failed", "POST https://login.example.org/t failed"),
    ("tried correct-horse", "tried (withheld)"),
    ("tried battery", "tried (withheld)"),
    ("tried swordfish", "tried (withheld)"),
    ("tried outer-world", "tried (withheld)"),
    ("key AKIAIOSFODNN7EXAMPLE is unknown", "key (withheld) is unknown"),
    ("id 0b8b4a4e-3f0e-4f0c-9a64-8f2f5d1c2b3a", "id (withheld)"),
    ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7", "(withheld)"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "(withheld)"),
    (f"{'Aa1' * 1360} tried correct-horse", "(withheld) tried (withheld"),  # the rest is not looked at
])  # fmt: skip
def test_complaint_of_a_plugin_is_told_without_credentials(complaint: str, expected: str) -> None:
    arguments = ("get-token", "--client-secret", "correct-horse", "--password=battery", "--cluster", "eu")
    its = Plugin("v1", "login", arguments, (("LOGIN", "swordfish"),), None)
    assert told(complaint, its, {"CI_JOB_TOKEN": "outer-world", "HOME": "tried"}) == expected


@pytest.mark.parametrize("complaint", ["a" * 4096, "token-a" * 585, "Key" * 1365, "token" + " " * 4091, "a://b@" * 682])
def test_long_complaint_of_a_plugin_is_told_at_once(complaint: str) -> None:
    began = time.monotonic()
    told(complaint, Plugin("v1", "login", (), (), None), {})
    assert time.monotonic() - began < 2


def test_plugin_that_hangs_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "TIMEOUT", 0.5)
    script = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"
    with pytest.raises(Refusal, match="gave no answer"):
        run_plugin(tmp_path, exec_config(tmp_path, script))


def test_plugin_gets_no_more_time_than_the_run(tmp_path: Path) -> None:
    access = choose({}, "/", write(tmp_path, exec_config(tmp_path, "import time; time.sleep(60)")))
    began = time.monotonic()
    with pytest.raises(Refusal, match="gave no answer in 2 s"):
        Client(access, {"PATH": os.environ["PATH"]}, "test", deadline=time.monotonic())
    assert time.monotonic() - began < 30


def test_program_that_a_plugin_leaves_behind_is_not_waited_for(tmp_path: Path) -> None:
    said = '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}'
    script = f"import subprocess; subprocess.Popen(['sleep', '40']); print({said!r})"
    began = time.monotonic()
    assert run_plugin(tmp_path, exec_config(tmp_path, script)).token == "t"
    assert time.monotonic() - began < 30


# --- what a kubeconfig must not do


def test_password_of_the_address_is_used_and_never_shown(tmp_path: Path) -> None:
    content = config()
    content["clusters"][0]["cluster"]["server"] = "https://bob:hunter%32@eu.example.org:6443"
    access = choose({}, "/", write(tmp_path, content))
    assert (access.server, access.login) == ("https://eu.example.org:6443", "bob:hunter2")


@pytest.mark.parametrize(
    "server", ["https://[::1", "https://h:99999", "ftp://h", "https:///", "https://h/\x1b[2J", "https://h/a b", "h"]
)
def test_odd_address_is_refused(tmp_path: Path, server: str) -> None:
    content = config()
    content["clusters"][0]["cluster"]["server"] = server
    assert "no usable server address" in refusal({}, write(tmp_path, content))


@pytest.mark.parametrize(
    "user",
    [
        {"token": "a\nX-Evil: 1"},
        {"token": "ü"},
        {"username": "a\nX-Evil: 1", "password": "hunter2"},
        {"as": "a\r\nb: c"},
    ],
)
def test_credential_that_would_be_another_header_is_refused(tmp_path: Path, user: Config) -> None:
    message = refusal({}, write(tmp_path, config(**user)))
    assert "hunter2" not in message
    assert "Evil" not in message


def test_line_break_at_the_end_of_a_token_is_cut_off(tmp_path: Path) -> None:
    assert choose({}, "/", write(tmp_path, config(token="t\n"))).token == "t"


@pytest.mark.parametrize("odd", [{"as-groups": 5}, {"as-user-extra": {"a": 5}}, {"token": ["x"]}, {"exec": "sh"}])
def test_wrong_types_are_as_good_as_absent(tmp_path: Path, odd: Config) -> None:
    access = choose({}, "/", write(tmp_path, config(**odd)))
    assert (access.impersonate, access.token, access.plugin) == ((), "", None)


def test_without_a_home_the_repository_is_not_asked(tmp_path: Path) -> None:
    write(tmp_path, config(), ".kube/config")
    for environ in ({}, {"HOME": ""}):
        with pytest.raises(Refusal, match="contexts here: none"):
            choose(environ, str(tmp_path), "", "prod")


def test_aliases_are_refused_before_they_grow(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert "has aliases" in refusal({}, write(tmp_path, bomb + "users: [{name: *a11}]\n"))


def test_pipe_is_read_and_not_waited_for_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.apply.kubeconfig.PIPE_PATIENCE", 0.3)
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path, os.O_WRONLY)
    assert "has not come to its end" in refusal({}, str(path))
    os.write(writer, json.dumps(config(token="t")).encode())
    os.close(writer)
    os.close(reader)
    for odd in ("/dev/zero", str(tmp_path)):
        assert "cannot read the kubeconfig" in refusal({}, odd)
