"""A difference as a page that stands alone: it loads nothing, and no text of the repository is markup in it.

The policy at its top lets the browser use the one style and the one script of this page, which are identified by their
digests, and nothing else.
"""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape

from penstock.changes import Difference, Group, Promise
from penstock.report.diff_failures import by_cause
from penstock.report.diff_lines import Line, Writing, in_environments, lines, title
from penstock.report.diff_text import headline, unread
from penstock.words import printable

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border: 1px solid #8888; padding: .2rem .6rem; text-align: left; vertical-align: top; }
details { border: 1px solid #8888; border-radius: 6px; margin: .6rem 0; padding: .4rem .8rem; }
details { content-visibility: auto; contain-intrinsic-size: auto 12rem; }
summary { cursor: pointer; }
summary { overflow-wrap: anywhere; }
pre { overflow-x: auto; margin: .6rem 0; }
code { font-family: ui-monospace, monospace; }
.added { color: #116329; } .removed { color: #a40e26; } .changed { color: #0550ae; }
.place { color: #6e7781; }
.danger { color: #a40e26; font-weight: 600; } .caution { color: #9a5b00; font-weight: 600; }
label { display: block; margin: 1rem 0; }
input, button { font: inherit; }
input { width: 100%; max-width: 30rem; padding: .3rem .5rem; }
@media (prefers-color-scheme: dark) {
  .added { color: #56d364; } .removed, .danger { color: #ff7b72; }
  .changed { color: #79c0ff; } .caution { color: #e3b341; } .place { color: #8b949e; }
}
"""

SCRIPT = """
const field = document.getElementById("search");
const shown = document.getElementById("shown");
const sections = [...document.querySelectorAll("details")];
let texts = null;
const search = () => {
  texts ??= sections.map((section) => section.textContent.toLowerCase());
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let count = 0;
  sections.forEach((section, number) => {
    section.hidden = !words.every((word) => texts[number].includes(word));
    if (!section.hidden) count += 1;
  });
  shown.textContent = `${count} of ${sections.length} changes`;
};
field.addEventListener("input", search);
document.getElementById("fold").addEventListener("click", () => {
  const open = !sections.some((section) => section.open);
  for (const section of sections) section.open = open;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  } else if (event.key === "Escape" && document.activeElement === field) {
    field.value = "";
    search();
  }
});
"""

SIGNS = {"+": "added", "-": "removed", "~": "changed"}


def diff_html(found: Difference, writing: Writing) -> str:
    """Return the page."""
    total = len(found.environments)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{_text(headline(found))}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{_text(headline(found))}</h1>",
        f"<p>{_text(found.before)} → {_text(found.after)}</p>",
        *_failures(found),
        *_environments(found),
        *_images(found),
        *_search(found),
        *(part for group in found.groups for part in _section(group, total, writing)),
        *_footer(found),
        "</main>",
        *([f"<script>{SCRIPT}</script>"] if found.groups else []),
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _policy() -> str:
    digests = (b64encode(sha256(text.encode()).digest()).decode() for text in (STYLE, SCRIPT))
    style, script = (f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"


def _text(text: str) -> str:
    return escape(printable(text))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], caption: str) -> list[str]:
    """Return a table. Its cells are HTML."""
    table = ['<div class="wide">', "<table>", f"<caption>{caption}</caption>", "<thead><tr>"]
    table += (f'<th scope="col">{cell}</th>' for cell in head)
    table += ["</tr></thead>", "<tbody>"]
    table += (f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return [*table, "</tbody></table>", "</div>"]


def _failures(found: Difference) -> list[str]:
    if not found.failures:
        return []
    rows = (
        (
            "<br>".join(map(_text, each.targets)),
            _text(each.first.side),
            f"<code>{_text(str(each.first.where))}</code>",
            f"{each.first.code} {_text(each.first.message)}",
            "<br>".join(f"<code>{_text(path)}</code>" for path in each.files),
        )
        for each in by_cause(found.failures)
    )
    about = "These cannot be compared; what they have on their other side is left out, and is no deletion"
    return _table(("what", "side", "where", "finding", "changed files that it reads"), rows, about)


def _environments(found: Difference) -> list[str]:
    rows = (
        (
            _text(each.name),
            each.state,
            *map(str, (each.added, each.changed, each.removed)),
            "<br>".join(f"<code>{_text(path)}</code>" for path in each.why),
            _tree(each.promise),
        )
        for each in found.environments
        if each.state != "identical"
    )
    identical = ", ".join(_text(each.name) for each in found.environments if each.state == "identical")
    return [
        *_table(("environment", "state", "added", "changed", "removed", "by", "tree"), rows, "Environments"),
        *([f"<p>Identical: {identical}</p>"] if identical else []),
        *([f"<p>{_text(unread(found))}</p>"] if found.unread else []),
    ]


def _tree(promise: Promise) -> str:
    """Return a tree hash, with the name of its branch or folder if it is not that of the environment's own branch."""
    if not promise.tree:
        return ""
    parts = (("of", promise.folder), ("in", promise.repository), ("by the very commit", promise.commit[:12]))
    words = [f" {word} <code>{_text(name)}</code>" for word, name in parts if name]
    return f"<code>{promise.tree}</code>{''.join(words)}"


def _images(found: Difference) -> list[str]:
    if not found.images:
        return []
    rows = (
        (*(f"<code>{_text(name or '(none)')}</code>" for name in image), _text(", ".join(environments)))
        for image, environments in found.images
    )
    return _table(("image", "becomes", "environments"), rows, "Images")


def _search(found: Difference) -> list[str]:
    if not found.groups:
        return []
    return [
        '<label for="search">Search the changes (/)</label>',
        '<input id="search" type="search" autocomplete="off">',
        '<button id="fold" type="button">Fold or unfold all</button>',
        f'<p id="shown" role="status">{len(found.groups)} of {len(found.groups)} changes</p>',
    ]


def _section(group: Group, total: int, writing: Writing) -> list[str]:
    change = group.change
    place = _text(in_environments(group, total))
    head = f'<span class="{change.action}">{change.action}</span> <b>{_text(title(group))}</b> in {place}'
    part = ["<details open>", f"<summary>{head}</summary>"]
    if change.dangers:
        listed = (
            f'<li><span class="{each.level}">{each.name}</span>: {_text(each.message)}</li>' for each in change.dangers
        )
        part += ["<ul>", *listed, "</ul>"]
    names = ", ".join(group.environments)
    if names != in_environments(group, total):
        part.append(f"<p>{_text(names)}</p>")
    written = "\n".join(map(_line, lines(group, writing)))
    return [*part, f"<pre><code>{written}</code></pre>", "</details>"]


def _line(line: Line) -> str:
    text = f"{line.sign} {_text(line.text)}"
    if line.sign in SIGNS:
        text = f'<span class="{SIGNS[line.sign]}">{text}</span>'
    return f'{text}  <span class="place">{_text(str(line.place))}</span>' if line.place else text


def _footer(found: Difference) -> list[str]:
    words = [f"{_text(reason)} of {number} objects is hidden" for reason, number in found.hidden.items()]
    if found.proven:
        words.append(f"{found.proven} of {found.targets} targets are proven identical by what they read")
    if found.broken:
        words.append(f"{len(found.broken)} targets do not compile, before and after: {_text(', '.join(found.broken))}")
    return [f"<p>{'; '.join(words)}</p>"] if words else []
