"""The cache of builds: used when nothing has changed, never when anything has, and no entry can do harm."""

import io
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from penstock import cache
from penstock.cli import building
from penstock.cli.main import main
from penstock.cli.streams import Streams

SHOP = Path(__file__).parent.parent / "examples" / "shop"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    shutil.copytree(SHOP, tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The directories that were really compiled, as opposed to taken from the cache."""
    directories: list[str] = []
    real = building.compile_one

    def compile_one(*arguments: object) -> object:
        directories.append(str(arguments[1]))
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(building, "compile_one", compile_one)
    return directories


def build(folder: Path, *words: str, environ: dict[str, str] | None = None) -> str:
    cached = {"XDG_CACHE_HOME": str(folder.parent / "cache")} if environ is None else environ
    streams = Streams(io.StringIO(), io.StringIO(), cached, str(folder))
    status = main(["build", *words], streams)
    assert status == 0, streams.err.getvalue()  # type: ignore[attr-defined]
    return streams.out.getvalue()  # type: ignore[attr-defined,no-any-return]


def entries(folder: Path) -> list[Path]:
    return [path for path in (folder.parent / "cache").rglob("*") if path.is_file()]


def test_the_second_build_is_not_done_again(shop: Path, compiled: list[str]) -> None:
    assert build(shop, "prod") == build(shop, "prod")
    assert compiled == ["prod"]


def test_without_a_cache_folder_nothing_is_kept(shop: Path, compiled: list[str]) -> None:
    assert build(shop, "prod", environ={}) == build(shop, "prod", environ={})
    assert compiled == ["prod", "prod"]


def test_no_cache_neither_uses_nor_keeps(shop: Path, compiled: list[str]) -> None:
    build(shop, "prod", "--no-cache")
    build(shop, "prod", "--no-cache")
    assert compiled == ["prod", "prod"]
    assert entries(shop) == []


def _edit(shop: Path) -> None:
    path = shop / "base" / "deployment.yaml"
    path.write_text(path.read_text().replace("name: ", "name:  "))


def _add_what_was_looked_for(shop: Path) -> None:
    (shop / "base" / "kustomization.yml").write_text("resources: []\n")


def _replace_by_a_link(shop: Path) -> None:
    outside = shop.parent / "outside.yaml"
    shutil.move(shop / "base" / "service.yaml", outside)
    (shop / "base" / "service.yaml").symlink_to(outside)


def _remove(shop: Path) -> None:
    (shop / "prod" / "deployment-patch.yaml").unlink()


@pytest.mark.parametrize("change", [_edit, _add_what_was_looked_for, _replace_by_a_link, _remove])
def test_any_change_of_an_input_is_a_miss(shop: Path, compiled: list[str], change: Callable[[Path], None]) -> None:
    build(shop, "prod")
    change(shop)
    streams = Streams(io.StringIO(), io.StringIO(), {"XDG_CACHE_HOME": str(shop.parent / "cache")}, str(shop))
    main(["build", "prod"], streams)
    assert compiled == ["prod", "prod"]


def test_what_no_input_changed_is_a_hit(shop: Path, compiled: list[str]) -> None:
    build(shop, "prod")
    (shop / "dev" / "kustomization.yaml").write_text("resources: [../base]\n")
    os.utime(shop / "base" / "deployment.yaml")
    build(shop, "prod")
    assert compiled == ["prod"]


def test_flags_that_change_the_bytes_have_their_own_entry(shop: Path, compiled: list[str]) -> None:
    assert build(shop, "prod") != build(shop, "prod", "--enable-managedby-label")
    assert compiled == ["prod", "prod"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: b"",
        lambda entry: entry[:-1],
        lambda entry: entry[:80] + b"x" + entry[81:],
        lambda entry: entry.replace(b"penstock cache 1", b"penstock cache 9"),
        lambda entry: b"cos\nsystem\n(S'false'\ntR.",  # a pickle that would run a program
        lambda entry: os.urandom(200),
    ],
)
def test_a_broken_entry_is_a_miss(shop: Path, compiled: list[str], damage: Callable[[bytes], bytes]) -> None:
    first = build(shop, "prod")
    for entry in entries(shop):
        entry.write_bytes(damage(entry.read_bytes()))
    assert build(shop, "prod") == first
    assert compiled == ["prod", "prod"]


def test_an_entry_of_another_engine_is_a_miss(shop: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    build(shop, "prod")
    monkeypatch.setattr(cache, "_engine", lambda: "another")
    build(shop, "prod")
    assert compiled == ["prod", "prod"]


def test_a_folder_that_cannot_be_written_is_no_error(shop: Path) -> None:
    (shop.parent / "cache").write_text("a file, no folder")
    assert build(shop, "prod") == build(shop, "prod")


def test_several_at_once_give_the_same(shop: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: build(shop, "prod"), range(32)))) == 1


def test_entries_can_be_read_by_their_owner_alone(shop: Path) -> None:
    build(shop, "prod")
    assert {entry.stat().st_mode & 0o777 for entry in entries(shop)} == {0o600}


def test_the_folder_stays_within_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_BYTES", 3000)
    for number in range(20):
        cache.store_entry(str(tmp_path), f"0{number:039}", bytes(500))
    sizes = [path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()]
    assert 0 < sum(sizes) <= 3000 + 600


def test_parsed_files_of_a_large_target_are_kept(shop: Path, compiled: list[str]) -> None:
    for number in range(60):
        name = f"config-{number}"
        (shop / f"{name}.yaml").write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n")
    names = "".join(f"- config-{number}.yaml\n" for number in range(60))
    (shop / "kustomization.yaml").write_text(f"resources:\n{names}")
    first = build(shop, ".")
    (shop / "config-0.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-0, labels: {a: b}}\n")
    assert build(shop, ".") == build(shop, ".", "--no-cache") != first
    assert len(entries(shop)) == 2


def test_directories_in_one_command_share_the_cache(shop: Path, compiled: list[str]) -> None:
    out = shop.parent / "out"
    build(shop, "--output", str(out), "dev", "prod")
    build(shop, "--output", str(out), "dev", "prod")
    assert sorted(compiled) == ["dev", "prod"]
    assert (out / "prod.yaml").read_text() == build(shop, "prod")
