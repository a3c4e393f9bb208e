"""Contents × generators: the real `kustomize build` and Penstock must agree on what a generator makes of each.

python bench/generated_contents.py [--kustomize PATH] [--seed N] [--count N]

A content is the text of a file: line ends, tabs, spaces, byte order marks, control characters, bytes that are no
UTF-8. It is generated from as a file of a ConfigMap and of a Secret, as a file of variables, as a literal, with a
patch, a merge and a namesake above it. About 2,000 of the 8,376 trees, which takes about a minute: another --seed takes
others of them, --count 99999 takes all, in about four minutes.
"""

import itertools
import json
import sys
from collections.abc import Iterator

from random_trees import TOP, Texts
from side_by_side import battery

KUSTOMIZATION = f"{TOP}/kustomization.yaml"

PIECES: tuple[str, ...] = (
    *(
        "a",
        "",
        " ",
        "\t",
        "#",
        "=",
        "a=b",
        "A = b",
        "export A=b",
        " a=b",
        "\ta=b",
        "a=b ",
        "a=b\t",
        "a==b",
        "=b",
        "a=",
        "a",
    ),
    *(
        "'a'",
        '"a"',
        "a='b'",
        'a="b"',
        "a='b",
        "a=b # c",
        "# c",
        " # c",
        "a:b",
        "a: b",
        "- a",
        "{a: b}",
        "a=$(B)",
        "a=\\n",
    ),
    *(
        "\\",
        "a\\",
        "a=b\\",
        "<<=a",
        "~=a",
        "null=a",
        "true=a",
        "1=a",
        "1.5=a",
        "010=a",
        "2020-01-01=a",
        "a.b=c",
        "a/b=c",
    ),
    *(
        "é",
        "é=é",
        "日本=語",
        "😀",
        "a=😀",
        "\ufeff",
        "\ufeffa=b",
        "a=\ufeffb",
        "\x00",
        "\x01",
        "\x07",
        "\x08",
        "\x0b",
        "\x0c",
    ),
    *(
        "\x1b[0m",
        "\x7f",
        "a=\x7f",
        "\x80",
        "\x85",
        "a\x85b",
        "a=b\x85c",
        "\x85=a",
        "\x9f",
        "\xa0",
        "\u2028",
        "a=\u2028b",
    ),
    *(
        "\u2029",
        "\u200b",
        "\ufffd",
        "\ufffe",
        "\uffff",
        "\U0001ffff",
        "\udcff",
        "\udcc3",
        "a=\udcff",
        "\udced\udca0\udc80",
    ),
    *(
        "---",
        "...",
        "%YAML",
        "--- a",
        "|",
        ">",
        "!!str",
        "&a",
        "*a",
        "@",
        "`",
        "yes",
        "null",
        "1",
        "0x1F",
        "2020-01-01",
    ),
    *(
        "x" * 79,
        "x" * 81,
        "x " * 50,
        "x" * 2000,
        "a=" + "x " * 60,
        "k" * 130 + "=a",
        "k" * 1030 + "=a",
        "a" * 70,
        "a" * 52,
    ),
)

SHAPES: tuple[str, ...] = (
    *(
        "{0}",
        "{0}\n",
        "{0}\n\n",
        "\n{0}\n",
        "{0}\r\n",
        "{0}\r",
        "\t{0}",
        "\t{0}\n",
        "\t{0}\nz=y\n",
        "  {0}\nz=y\n",
        "z=y\n{0}",
    ),
    *(
        "z=y\n\t{0}\n",
        "z=y\n  {0}\n",
        "z=y\r\n{0}\r\n",
        "z=y\r{0}\r",
        "{0} \n",
        "{0} \nz=y\n",
        "z=y\n{0}\n\n\n",
        "\n\n{0}\nz=y\n",
    ),
    *(
        "\n\t{0}\n",
        " \n{0}\n",
        "\t\n{0}\n",
        "{0}\n \n",
        "{0}\n\t\n",
        "{0}\n\x85\n",
        "\ufeff{0}\n",
        "z=y\n\ufeff{0}\n",
        "{0}\x00",
    ),
)

ODD = tuple(PIECES[index] for index in range(0, len(PIECES), 7))


def contents() -> Iterator[str]:
    """Every piece in the plain shapes, and some pieces in all of them."""
    for piece in PIECES:
        for shape in SHAPES[:9]:
            yield shape.replace("{0}", piece)
    for piece in ODD:
        for shape in SHAPES[9:]:
            yield shape.replace("{0}", piece)


ALL = 8376
"""How many trees there are."""


def literal_of(content: str) -> str:
    """What can stand under `literals`: any text with a character for each byte that is no UTF-8."""
    return content.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def trees(seed: int, count: int) -> Iterator[tuple[str, Texts]]:
    """About `count` of all trees; the seed says which."""
    every = max(1, round(ALL / count))
    yield from itertools.islice(_all_trees(), seed % every, None, every)


def _all_trees() -> Iterator[tuple[str, Texts]]:
    """Every content in every generator; nothing here is random."""
    for content in dict.fromkeys(contents()):
        name = ascii(content)[:60]
        file = {f"{TOP}/file.txt": content}
        yield f"file {name}", {**file, KUSTOMIZATION: "configMapGenerator: [{name: a, files: [file.txt]}]\n"}
        yield f"envs {name}", {**file, KUSTOMIZATION: "configMapGenerator: [{name: a, envs: [file.txt]}]\n"}
        yield f"secret envs {name}", {**file, KUSTOMIZATION: "secretGenerator: [{name: a, envs: [file.txt]}]\n"}
        yield f"secret file {name}", {**file, KUSTOMIZATION: "secretGenerator: [{name: a, files: [k=file.txt]}]\n"}
        literal = json.dumps([f"k={literal_of(content)}", literal_of(content)])
        for number, entry in enumerate(json.loads(literal)):
            field = json.dumps([entry], ensure_ascii=number == 0)
            yield f"literal {name}", {KUSTOMIZATION: f"configMapGenerator: [{{name: a, literals: {field}}}]\n"}
    for content in dict.fromkeys(shape.replace("{0}", piece) for piece in ODD for shape in SHAPES[:12]):
        yield from _in_longer_builds(content)


def _in_longer_builds(content: str) -> Iterator[tuple[str, Texts]]:
    """What is generated goes through a patch, a JSON patch, a merge of another generator, and a replacement."""
    name = ascii(content)[:60]
    base = {
        "base/file.txt": content,
        "base/kustomization.yaml": "configMapGenerator: [{name: a, files: [k=file.txt]}]\n",
    }
    head = "resources: [../base]\n"
    patch = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {other: b}\n"
    operations = "[{op: add, path: /data/other, value: b}]"
    target = "target: {kind: ConfigMap}"
    labels = json.dumps({"note": literal_of(content)})
    fields = {
        "patch": f"{head}patches: [{{patch: {json.dumps(patch)}}}]\n",
        "JSON patch": f"{head}patches: [{{patch: {json.dumps(operations)}, {target}}}]\n",
        "merge": f"{head}configMapGenerator: [{{name: a, behavior: merge, literals: [b=c]}}]\n",
        "prefix": f"{head}namePrefix: p-\ncommonLabels: {{a: b}}\n",
        "annotation": f"{head}commonAnnotations: {labels}\n",
        "replacement": (
            f"{head}replacements:\n- source: {{kind: ConfigMap, fieldPath: data.k}}\n"
            "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.copy], options: {create: true}}]\n"
        ),
    }
    for way, text in fields.items():
        yield f"{way} {name}", {**base, KUSTOMIZATION: text}


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 2000))
