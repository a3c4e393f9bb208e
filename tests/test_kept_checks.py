"""A check, or the targets, asked for again: answered by the cache where nothing has changed, and never where anything
has.
"""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock import start
from penstock.cli.main import main
from penstock.cli.streams import Streams

SHOP = Path(__file__).parent.parent / "examples" / "shop"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(SHOP, tmp_path / "shop")
    (tmp_path / "shop" / ".git").mkdir()
    monkeypatch.chdir(tmp_path / "shop")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "shop"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def check(shop: Path, *words: str) -> tuple[int, str, str]:
    """A check that does all the work."""
    return run(shop, "check", *words)


def run(shop: Path, *words: str, stream: type[io.StringIO] = io.StringIO) -> tuple[int, str, str]:
    """A run that does all the work."""
    out, err = stream(), stream()
    environ = {"XDG_CACHE_HOME": str(shop.parent / "cache"), "XDG_CONFIG_HOME": str(shop.parent / "config")}
    status = main(words, Streams(out, err, environ, str(shop)))
    return status, out.getvalue(), err.getvalue()


def known(*words: str) -> tuple[int, str, str] | None:
    """What the cache has for the same check."""
    return known_of("check", *words)


def known_of(*words: str, stream: type[io.StringIO] = io.StringIO) -> tuple[int, str, str] | None:
    """What the cache has for the same command line."""
    out, err = stream(), stream()
    status = start._known(list(words), out, err)
    return None if status is None else (status, out.getvalue(), err.getvalue())


def break_it(shop: Path) -> None:
    deployment = shop / "base" / "deployment.yaml"
    deployment.write_text(deployment.read_text().replace("replicas:", "replicsa:"))


@pytest.mark.parametrize("words", [(), ("--offline", "-o", "json"), ("prod",), ("--quiet", "-o", "sarif", "dev")])
def test_the_same_check_is_answered_with_the_same_bytes(shop: Path, words: tuple[str, ...]) -> None:
    break_it(shop)
    found = check(shop, *words)
    assert found[0] == 1
    assert known(*words) == found
    assert known(*words, "--ignore", "PS4") is None


def test_a_check_without_findings_is_kept_too(shop: Path) -> None:
    found = check(shop, "--min-severity", "error")
    assert found[0] == 0
    assert known("--min-severity", "error") == found


def _edit(shop: Path) -> None:
    break_it(shop)


def _add_a_target(shop: Path) -> None:
    (shop / "extra").mkdir()
    (shop / "extra" / "kustomization.yaml").write_text("resources: []\n")


def _remove(shop: Path) -> None:
    (shop / "prod" / "deployment-patch.yaml").unlink()


def _configure(shop: Path) -> None:
    (shop / "penstock.yaml").write_text("rules: {PS4: off}\n")


def _baseline(shop: Path) -> None:
    (shop / "penstock-baseline.json").write_text("{}")


def _lead_elsewhere(shop: Path) -> None:
    outside = shop.parent / "outside.yaml"
    shutil.move(shop / "base" / "service.yaml", outside)
    (shop / "base" / "service.yaml").symlink_to(outside)


def _trust(shop: Path) -> None:
    folder = shop.parent / "config" / "penstock"
    folder.mkdir(parents=True)
    (folder / "trusted").write_text(f"{shop}\n")


def _begin_another_repository(shop: Path) -> None:
    shutil.rmtree(shop / ".git")
    (shop.parent / ".git").mkdir()


@pytest.mark.parametrize(
    "change",
    [_edit, _add_a_target, _remove, _configure, _baseline, _lead_elsewhere, _trust, _begin_another_repository],
)
def test_after_any_change_the_work_is_done_again(shop: Path, change: Callable[[Path], None]) -> None:
    check(shop)
    assert known() is not None
    change(shop)
    assert known() is None


@pytest.mark.parametrize(
    "words", [("--no-cache",), ("-o", "json=report.json"), ("--write-baseline",), ("--baseline", "known.yaml")]
)
def test_what_writes_or_depends_on_more_than_the_sources_is_not_kept(shop: Path, words: tuple[str, ...]) -> None:
    check(shop, "--write-baseline", "known.yaml")
    check(shop, *words)
    assert known(*words) is None


@pytest.mark.parametrize("words", [(), ("--offline",)])
def test_what_is_not_locked_follows_from_the_lock(shop: Path, words: tuple[str, ...]) -> None:
    (shop / "dev" / "kustomization.yaml").write_text("resources:\n- github.com/example/base?ref=v1\n")
    found = check(shop, *words)
    assert found[0] == 3
    assert "is not in penstock.lock" in found[1]
    assert known(*words) == found
    assert known(*words, "--fetch") is None
    (shop / "penstock.lock").write_text('{"version": 1, "remotes": []}')
    assert known(*words) is None


def test_what_is_locked_and_not_here_is_asked_for_each_time(shop: Path) -> None:
    (shop / "dev" / "kustomization.yaml").write_text("resources:\n- github.com/example/base?ref=v1\n")
    pin = {"url": "github.com/example/base?ref=v1", "repository": "https://github.com/example/base"}
    pins = [{**pin, "ref": "refs/tags/v1", "commit": "0123456789" * 4}]
    (shop / "penstock.lock").write_text(json.dumps({"version": 1, "remotes": pins}))
    found = check(shop, "--offline")
    assert "is not in the cache" in found[1]
    assert known("--offline") is None


@pytest.mark.parametrize("command", ["check", "targets"])
def test_a_terminal_gets_colours_from_the_cache_and_what_a_file_gets_is_kept_apart(shop: Path, command: str) -> None:
    break_it(shop)
    run(shop, command)
    assert known_of(command, stream=Terminal) is None
    found = run(shop, command, stream=Terminal)
    assert command == "targets" or "\x1b[" in found[1] + found[2]
    assert known_of(command, stream=Terminal) == found


@pytest.mark.parametrize("words", [(), ("--environment", "prod"), ("--format", "json"), ("--using", "base"), ("prod",)])
def test_the_same_targets_are_answered_with_the_same_bytes(shop: Path, words: tuple[str, ...]) -> None:
    found = run(shop, "targets", *words)
    assert found[0] == 0
    assert known_of("targets", *words) == found
    assert known_of("targets", *words, "--environment", "dev") is None
    _add_a_target(shop)
    assert known_of("targets", *words) is None


def test_targets_without_the_cache_leave_nothing_in_it(shop: Path) -> None:
    assert run(shop, "targets", "--no-cache") == run(shop, "targets")
    _add_a_target(shop)
    run(shop, "targets", "--no-cache")
    assert known_of("targets") is None


def test_the_targets_of_a_repository_without_yaml_are_refused_anew(tmp_path: Path) -> None:
    (tmp_path / "empty" / ".git").mkdir(parents=True)
    assert run(tmp_path / "empty", "targets") == run(tmp_path / "empty", "targets")
    assert run(tmp_path / "empty", "targets")[0] != 70


def test_what_was_parsed_is_used_again_and_the_outcome_is_the_same(tmp_path: Path) -> None:
    """With many files: those that are the same are not parsed again, and one that has changed is."""
    shop = tmp_path / "shop"
    names = [f"settings-{number}.yaml" for number in range(60)]
    shop.mkdir()
    for name in names:
        (shop / name).write_text(
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name[:-5]}}}\ndata: {{a: 'on'}}\n"
        )
    (shop / "kustomization.yaml").write_text(f"resources: [{', '.join(names)}]\n")
    first = check(shop, "-o", "json")
    (shop / names[7]).write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings-7}\ndata: {a: 1}\n")
    again = check(shop, "-o", "json")
    assert again != first
    assert again == check(shop, "-o", "json", "--no-cache")


def test_what_aliases_copy_out_of_a_secret_stays_withheld_where_the_file_is_not_parsed_again(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    names = [f"settings-{number}.yaml" for number in range(60)]
    shop.mkdir()
    for name in names:
        (shop / name).write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name[:-5]}}}\n")
    labels = "stringData: {password: &password hunter2!hunter2}\nmetadata: {name: login, labels: {team: *password}}\n"
    (shop / "login.yaml").write_text(f"apiVersion: v1\nkind: Secret\n{labels}")
    (shop / "kustomization.yaml").write_text(f"resources: [login.yaml, {', '.join(names)}]\n")
    for _ in range(2):
        found = check(shop)
        assert "login.yaml:4:34: error PS411" in found[1]
        assert "hunter2" not in found[1]
        (shop / names[7]).write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings-7}\ndata: {a: b}\n")
