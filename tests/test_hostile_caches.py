"""More that lies in the cache or stands in a lock file: each run ends, and nothing is believed that was not checked."""

import json
import os
from pathlib import Path

import pytest
from tests.test_remote import BASE, PRINTED, Place

from penstock.remote import lock


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    base = place.remote()
    base.commit(BASE)
    base.git("tag", "v1")
    place.uses(f"{place.url()}?ref=v1")
    assert place.run("lock").status == 0
    return place


@pytest.mark.parametrize("name", ["config", "HEAD", "objects/pack/multi-pack-index", "refs/replace/1"])
def test_a_pipe_in_a_repository_of_the_cache_is_not_waited_for(name: str, place: Place) -> None:
    (entry,) = (place.cache / "git").iterdir()
    path = entry / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert place.run("build", "--no-cache", "--offline").status == 4
    assert place.run("build", "--no-cache").out == PRINTED


def test_a_lock_file_with_a_key_twice_or_too_large_is_refused(place: Place) -> None:
    path = place.ours.path / lock.NAME
    commit = json.loads(path.read_text())["remotes"][0]["commit"]
    path.write_text(path.read_text().replace(f'"commit": "{commit}"', f'"commit": "{commit}", "commit": "{commit}"'))
    assert "has the key 'commit' twice" in place.run("build", "--no-cache").err
    path.write_text('{"version": 1, "remotes": [' + "{}," * 3_000_000 + "{}]}")
    assert "the limit is 8,388,608" in place.run("build", "--no-cache").err
