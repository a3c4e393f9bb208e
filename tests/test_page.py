"""The HTML page of a difference in a real Chromium: it loads nothing, runs nothing that came out of the repository, and
can be used with the keys alone. Skipped where there is no Chromium.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chromium import PROGRAM, Chromium
from tests.repository import Repository
from tests.test_diff import CASES, diff, play

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no chromium")

PAGES = ("texts_that_look_like_markup", "dangers_of_rights", "one_side_that_fails_is_no_deletion")

FOCUSED = "document.activeElement.id || document.activeElement.tagName"
SHOWN = "[...document.querySelectorAll('details')].filter((each) => each.checkVisibility()).length"
OPEN = "[...document.querySelectorAll('details')].filter((each) => each.open).length"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


def page_of(name: str, folder: Path) -> Path:
    repository = Repository(folder / "repository")
    play(repository, next(case for case in CASES if case.name == name))
    page = folder / "page.html"
    page.write_text(diff(repository, "--format", "html").out, encoding="utf-8")
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stands_alone(name: str, browser: Chromium, tmp_path: Path) -> None:
    page = page_of(name, tmp_path)
    browser.open(page)
    assert browser.requests() == [page.as_uri()]
    assert browser.complaints() == []
    assert not [each for each in browser.events if each.get("method") == "Page.javascriptDialogOpening"]
    scripts = browser.value("[...document.scripts].length")
    assert scripts == (1 if "<details" in page.read_text() else 0)
    assert browser.value("document.querySelectorAll('a, img, iframe, svg, form, object, embed, link').length") == 0


def test_the_policy_refuses_what_is_not_the_page_s(browser: Chromium, tmp_path: Path) -> None:
    browser.open(page_of("dangers_of_rights", tmp_path))
    browser.value("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')")
    browser.value("document.body.append(Object.assign(document.createElement('script'), {text: 'document.title=2'}))")
    assert browser.value("new Promise((done) => setTimeout(() => done(), 50)) && document.title") not in ("1", "2")
    assert any("Content Security Policy" in each for each in browser.complaints())


def test_the_keys_are_enough(browser: Chromium, tmp_path: Path) -> None:
    browser.open(page_of("dangers_of_rights", tmp_path))
    total = browser.value(SHOWN)
    assert total > 1
    browser.press("/", 191, "/")
    assert (browser.value(FOCUSED), browser.value("document.activeElement.value")) == ("search", "")
    browser.call("Input.insertText", text="ClusterRole/ nothing-of-it")
    assert browser.value(SHOWN) == 0
    assert browser.value("document.querySelector('[role=status]').textContent") == f"0 of {total} changes"
    browser.press("Escape", 27)
    assert browser.value(SHOWN) == total
    browser.press("Tab", 9)
    assert browser.value(FOCUSED) == "fold"
    browser.press("Enter", 13, "\r")
    assert browser.value(OPEN) == 0
    browser.press("Tab", 9)
    assert browser.value(FOCUSED) == "SUMMARY"
    browser.press("Enter", 13, "\r")
    assert browser.value(OPEN) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read(scheme: str, browser: Chromium, tmp_path: Path) -> None:
    """By the contrast of 4.5 that WCAG asks for."""
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(page_of("dangers_of_rights", tmp_path))
    assert browser.value("getComputedStyle(document.documentElement).colorScheme") == "light dark"
    ground = (255, 255, 255) if scheme == "light" else (18, 18, 18)
    colours = browser.value("[...document.querySelectorAll('span')].map((each) => getComputedStyle(each).color)")
    assert len(set(colours)) > 2
    poor = {each for each in colours if contrast(ground, rgb(each)) < 4.5}
    assert not poor


def rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    return red, green, blue


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: tuple[int, int, int]) -> float:
    parts = (value / 255 for value in colour)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
