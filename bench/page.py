#!/usr/bin/env python3
"""How long a real Chromium takes for the page of a big difference: until it is drawn, and for a search in it.

    bench/page.py [--objects N]

Each object is a Deployment in which an image, some replicas and ten environment variables change; no two change alike.
Times are of the thread that draws, which other work of the machine does not make longer, and in brackets by the clock.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.chromium import Chromium

PENSTOCK = str(Path(sys.executable).parent / "penstock")

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web-{number}, namespace: shop}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web-{number}}}}}
  template:
    metadata: {{labels: {{app: web-{number}}}}}
    spec:
      containers:
      - name: app
        image: registry.example.com/app-{number}:{version}
        env:
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=3_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page = _page(Path(folder), arguments.objects)
        lines = page.read_text().count("\n")
        print(f"{arguments.objects} objects, {lines:,} lines, {page.stat().st_size / 1e6:.1f} MB")
        with Chromium(Path(folder) / "profile") as browser:
            browser.call("Performance.setTimeDomain", timeDomain="threadTicks")
            browser.call("Performance.enable")
            _say("drawn", browser, lambda: browser.open(page))
            browser.press("/", 191)
            _say("searched", browser, lambda: browser.call("Input.insertText", text="web-123"))
            print(browser.value("document.getElementById('shown').textContent"))


def _page(folder: Path, objects: int) -> Path:
    for version, side in enumerate(("old", "new")):
        (folder / side).mkdir()
        for number in range(objects):
            text = DEPLOYMENT.format(number=number, replicas=2 + version * (number % 3), version=version)
            text += "".join(
                f"        - name: V{each}\n          value: x{each * number + version * (each % 2) * 7}\n"
                for each in range(20)
            )
            (folder / side / f"{number}.yaml").write_text(text)
    command = [PENSTOCK, "diff", "old", "new", "--format", "html"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    page = folder / "page.html"
    page.write_bytes(done.stdout)
    return page


def _say(what: str, browser: Chromium, do: Callable[[], object]) -> None:
    began, busy = time.monotonic(), _busy(browser)
    do()
    browser.call("Page.captureScreenshot", format="png")
    print(f"{what} in {_busy(browser) - busy:.2f} s ({time.monotonic() - began:.2f} s)")


def _busy(browser: Chromium) -> float:
    found = {each["name"]: each["value"] for each in browser.call("Performance.getMetrics")["metrics"]}
    return float(found["ThreadTime"])


if __name__ == "__main__":
    main()
