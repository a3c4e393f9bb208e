"""Write `docs/rules.md`, the manual of all findings, from the pages that `penstock rule` prints.

python scripts/make_docs.py            write the file
python scripts/make_docs.py --check    exit with 1 where the committed file is not what would be written
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "compiler"))

from penstock.cli.rule import pages  # noqa: E402  # the checkout's own package, installed or not
from penstock.cli.severities import said  # noqa: E402
from penstock.findings import Page  # noqa: E402

RULES = ROOT / "docs" / "rules.md"

HEAD = """# Findings

<!-- Written by scripts/make_docs.py; do not edit. -->

Every finding has a code that never changes its meaning. `penstock rule PS401` prints its page, and so does this file.

| codes | found by | exit status of an error |
|---|---|---|
| PS1xx | reading files and kustomizations | 3: the target does not compile |
| PS2xx | building the target | 3: the target does not compile |
| PS3xx | following references between objects | 1 |
| PS4xx | checking objects against schemas and rules | 1 |
| PS5xx | writing rendered branches | 1 |
| PS6xx | syncing with a cluster | 1 |
| PS70x–PS72x | rendering Helm charts | 3: the target does not compile |
| PS73x–PS74x | evaluating Jsonnet | 3: the target does not compile |

"""


def main(arguments: list[str]) -> int:
    text = manual(pages())
    if arguments == ["--check"]:
        if RULES.exists() and RULES.read_text(encoding="utf-8") == text:
            return 0
        print(f"{RULES.relative_to(ROOT)} is stale: run python scripts/make_docs.py", file=sys.stderr)
        return 1
    RULES.write_text(text, encoding="utf-8")
    return 0


def manual(found: list[Page]) -> str:
    index = "".join(f"- [{page.code}](#{page.code.lower()}-{page.name}) {page.name}\n" for page in found)
    return HEAD + index + "".join(map(section, found))


def section(page: Page) -> str:
    """A page with its heading, and with the severity at its end."""
    return f"\n## {page.code} {page.name}\n\n{page.text.strip()}\n\nSeverity: {said(page.code)}.\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
