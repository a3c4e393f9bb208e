"""The cache of builds: used when nothing has changed, never when anything has, and no entry can do harm."""

import io
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from penstock import __version__, cache, engine
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
    monkeypatch.setattr(cache, "engine", lambda: "another")
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


def test_a_file_that_changes_while_it_is_used_is_not_kept(
    shop: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result is that of the bytes that were used, and must not be found under what the file holds now."""
    patch = shop / "prod" / "deployment-patch.yaml"
    real = building.compile_one

    def slow(*arguments: object) -> object:
        built = real(*arguments)  # type: ignore[arg-type]
        patch.write_text(patch.read_text().replace("replicas: 3", "replicas: 5"))
        return built

    with monkeypatch.context() as patched:
        patched.setattr(building, "compile_one", slow)
        assert "replicas: 3" in build(shop, "prod")
    assert "replicas: 5" in build(shop, "prod")
    assert compiled == ["prod", "prod"]


def test_a_file_that_gives_two_answers_in_one_run_keeps_the_result_out(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    witness = cache.Witness(str(tmp_path))
    looks: list[cache.Observation] = [("read", "a"), ("is_dir", "a"), ("real", "a")]
    assert (witness.read("a"), witness.is_dir("a"), witness.real("a")) == (b"1", False, "a")
    assert witness.closure(looks) == {("read", "a"): cache.digest(b"1"), ("is_dir", "a"): "no", ("real", "a"): "a"}
    (tmp_path / "a").write_text("2")
    witness.read("a")
    assert witness.closure(looks) is None
    assert witness.closure(looks[1:]) is not None
    assert witness.closure([("read", "never looked at")]) is None


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Returns the key of an entry, as a new process works it out."""

    def work_out() -> str:
        monkeypatch.setattr(engine, "_ENGINES", {})
        return cache.key("/", "prod", cache.PLAIN)

    return work_out


def test_a_new_content_of_the_engine_is_a_miss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: Callable[[], str]
) -> None:
    """Of an installation by `pip`, by what its RECORD says; of a checkout, by the state of its modules."""
    package = tmp_path / "penstock"
    package.mkdir()
    module = package / "module.py"
    module.write_text("one = 1\n")
    monkeypatch.setattr(engine, "__file__", str(package / "engine.py"))
    keys = [key()]
    module.write_text("two = 22\n")
    keys.append(key())
    os.utime(module, ns=(1, 1))
    keys.append(key())
    record = tmp_path / f"penstock_gitops-{__version__}.dist-info" / "RECORD"
    record.parent.mkdir()
    for digest in ("one", "two"):
        record.write_text(f"penstock/module.py,sha256={digest},8\n")
        keys.append(key())
    assert len(set(keys)) == 5
    assert key() == keys[-1]


@pytest.mark.parametrize("part", ["PyYAML-6.0.4", "rjsonnet-0.5.6", "gojsonnet-0.22.0", "google_re2-1.1"])
def test_another_parser_or_evaluator_is_a_miss(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: Callable[[], str]
) -> None:
    """Of whatever is installed, by its content: who installs the same again gets what was kept."""
    monkeypatch.syspath_prepend(str(tmp_path))
    described = tmp_path / f"{part}.dist-info"
    keys = [key()]
    described.mkdir()
    keys.append(key())
    os.utime(described, ns=(1, 1))
    keys.append(key())
    for digest in ("one", "two"):
        (described / "RECORD").write_text(f"module.so,sha256={digest},8\n")
        keys.append(key())
    assert len(set(keys)) == 5
    os.utime(described, ns=(2, 2))
    os.utime(described / "RECORD", ns=(2, 2))
    assert key() == keys[-1]


def test_a_parser_that_no_installer_describes_is_known_by_its_state(
    monkeypatch: pytest.MonkeyPatch, key: Callable[[], str]
) -> None:
    known = key()
    monkeypatch.setattr(engine, "_names", lambda folder: [])
    undescribed = key()
    monkeypatch.setattr(engine, "state_of", lambda path: "another")
    assert len({known, undescribed, key()}) == 3


def test_a_new_parser_is_a_miss(shop: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    build(shop, "prod")
    monkeypatch.setattr(engine, "_parts", lambda folders: ["another"])
    monkeypatch.setattr(engine, "_ENGINES", {})
    build(shop, "prod")
    assert compiled == ["prod", "prod"]


def _as_link(entry: Path) -> None:
    content = entry.read_bytes()
    entry.unlink()
    (entry.parent.parent / "outside").write_bytes(content)
    entry.symlink_to(entry.parent.parent / "outside")


def _as_device(entry: Path) -> None:
    entry.unlink()
    entry.symlink_to("/dev/zero")


def _as_pipe(entry: Path) -> None:
    entry.unlink()
    os.mkfifo(entry, 0o600)


def _as_directory(entry: Path) -> None:
    entry.unlink()
    entry.mkdir()


def _as_huge_file(entry: Path) -> None:
    os.truncate(entry, 10**12)


@pytest.mark.parametrize("swap", [_as_link, _as_device, _as_pipe, _as_directory, _as_huge_file])
def test_an_entry_that_is_no_file_of_ours_is_a_miss(
    shop: Path, compiled: list[str], swap: Callable[[Path], None]
) -> None:
    first = build(shop, "prod")
    for entry in entries(shop):
        swap(entry)
    assert build(shop, "prod") == first
    assert compiled == ["prod", "prod"]


def test_every_folder_is_for_its_owner_alone(shop: Path) -> None:
    umask = os.umask(0)
    try:
        build(shop, "prod")
    finally:
        os.umask(umask)
    folders = [shop.parent / "cache", *(path for path in (shop.parent / "cache").rglob("*") if path.is_dir())]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


@pytest.mark.parametrize("where", ["shop/cache", "shop/prod/cache", "shop"])
@pytest.mark.parametrize("is_repository", [True, False])
def test_a_cache_inside_of_the_sources_is_not_used(
    shop: Path, compiled: list[str], where: str, is_repository: bool
) -> None:
    if is_repository:
        (shop / ".git").mkdir()
    environ = {"XDG_CACHE_HOME": str(shop.parent / where)}
    assert build(shop, "prod", environ=environ) == build(shop, "prod", environ=environ)
    assert compiled == ["prod", "prod"]
    assert list(shop.rglob("penstock")) == []


def test_a_cache_in_the_repository_around_is_not_used(shop: Path, compiled: list[str]) -> None:
    (shop.parent / ".git").mkdir()
    build(shop, "prod")
    build(shop, "prod")
    assert compiled == ["prod", "prod"]
    assert entries(shop) == []


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    cache.store_entry(str(tmp_path), "0" * 40, b"content")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_a_killed_process_has_left_goes_in_time(tmp_path: Path) -> None:
    left = tmp_path / "00" / f"{'0' * 38}.deadbeef"
    left.parent.mkdir()
    left.write_bytes(b"half of an entry")
    os.utime(left, (0, 0))
    cache.store_entry(str(tmp_path), "0" * 39 + "1", b"content")
    assert not left.exists()


def test_a_symlink_to_a_directory_that_is_added_to_a_chart_counts(tmp_path: Path) -> None:
    chart = tmp_path / "shop" / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "more").mkdir()
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (chart / "more" / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    streams = [Streams(io.StringIO(), io.StringIO(), {"XDG_CACHE_HOME": str(tmp_path / "cache")}, str(chart.parent))]
    assert main(["template", "chart"], streams[0]) == 0
    (chart / "templates" / "more").symlink_to("../more")
    streams.append(streams[0]._replace(out=io.StringIO()))
    assert main(["template", "chart"], streams[1]) == 0
    first, second = (each.out.getvalue() for each in streams)  # type: ignore[attr-defined]
    assert ("name: a" in first, "name: a" in second) == (False, True)
