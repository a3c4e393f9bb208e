"""Hostile edits of a tree of files: what an attacker does to a kustomization, an object, a lock file or a branch."""

import copy
import json
import os
import random
from collections.abc import Callable
from typing import Any

import yaml

CANARY = "c4n4ry-of-a-Secret"

Files = dict[str, Any]
"""The tree of a case: text, or a list of documents; a path that starts with `->` is where a symlink leads."""

Edit = Callable[[random.Random, Files], None]


def written(content: Any) -> str:
    """The text of a file."""
    if isinstance(content, str):
        return content
    try:
        return str(yaml.dump_all(content, Dumper=yaml.CSafeDumper, allow_unicode=True))
    except (yaml.YAMLError, RecursionError):
        return "".join(f"---\n{document!r}\n" for document in content)


# --- finding places ---------------------------------------------------------------------------------------------------


def documents(chance: random.Random, files: Files) -> list[Any]:
    """The documents of one file that is YAML."""
    names = [name for name, content in files.items() if isinstance(content, list)]
    return files[chance.choice(names)] if names else [{}]


def kustomization(files: Files) -> dict[str, Any]:
    """The kustomization at the top, beside which edits put their files; made where there is none."""
    content = files.get("kustomization.yaml")
    if isinstance(content, list) and content and isinstance(content[0], dict):
        found: dict[str, Any] = content[0]
        return found
    made: dict[str, Any] = {}
    files["kustomization.yaml"] = [made]
    return made


DEEPEST = 400
"""The levels of a tree in which edits put something."""


def containers(tree: Any) -> list[Any]:
    """Return the mappings and lists of a tree, but not the deepest ones: after several edits, functions that call
    themselves could not write the tree.
    """
    found = []
    pending = [(0, tree)]
    while pending:
        depth, each = pending.pop()
        if isinstance(each, dict | list) and depth < DEEPEST:
            found.append(each)
            children = [*each.values()] if isinstance(each, dict) else each
            pending += ((depth + 1, child) for child in reversed(children))
    return found


def put_somewhere(chance: random.Random, files: Files, value: Any) -> None:
    """Replace or add a value anywhere in a document."""
    places = [place for place in containers(documents(chance, files)) if place]
    if not places:
        return
    place = chance.choice(places)
    key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
    place[key] = value


def field(name: str, entry: Any, times: int = 1) -> Edit:
    """An edit that adds entries to a field of a kustomization."""

    def edit(chance: random.Random, files: Files) -> None:
        top = kustomization(files)
        old = top.get(name)
        top[name] = [*(old if isinstance(old, list) else ()), *(copy.deepcopy(entry) for _ in range(times))]

    return edit


# --- edits ------------------------------------------------------------------------------------------------------------

EXPRESSIONS = (
    "(a|b)" * 1000,
    "(|)" * 40 + "z",
    "(a?){900}(a?){700}b",
    "(" * 900 + ")" * 900,
    "(.*)*" * 10,
    "[",
    "a**",
    "(?=a)",
    "\\C",
    "x" * 70_000,
    "(?i)" + "k" * 500,
)
ODD = (
    "a\nb",
    "a\0b",
    "\x1b[2Jall is well",
    "\u202eabc",
    "../../../../etc/passwd",
    "/etc/passwd",
    "-rf",
    "x" * 100_000,
    "",
    "~",
    "*a",
    "\ud7ff",
    "a,b",
    ".",
    "$(V)" * 100,
    "\u200b",
)
VALUES: tuple[Any, ...] = (
    None, True, [], {}, [[]], [None], {"": ""}, 0, -1, 10**400, 2**63, 1.5, float("inf"), float("nan"), "null", "1e999",
)  # fmt: skip


def expression(chance: random.Random, files: Files) -> None:
    """A regular expression in one of the fields that take one."""
    text = chance.choice(EXPRESSIONS)
    top = kustomization(files)
    patch = '[{"op": "add", "path": "/metadata/labels/x", "value": "y"}]'
    select = {chance.choice(("name", "kind", "namespace", "group", "version")): text}
    target = {"select": select, "fieldPaths": [f"spec.[name={text}].x", "metadata.name"], "reject": [select]}
    source = {"kind": "ConfigMap", "fieldPath": f"data.[x={text}]"}
    name, entry = chance.choice(
        (
            ("patches", {"target": select, "patch": patch}),
            ("images", {"name": text, "newTag": "2"}),
            ("replacements", {"source": source, "targets": [target]}),
            ("replacements", {"sourceValue": "v", "targets": [target]}),
        )
    )
    field(name, entry, chance.choice((1, 1, 20)))(chance, {"kustomization.yaml": [top]})


def odd_text(chance: random.Random, files: Files) -> None:
    put_somewhere(chance, files, chance.choice(ODD))


def odd_value(chance: random.Random, files: Files) -> None:
    put_somewhere(chance, files, copy.deepcopy(chance.choice(VALUES)))


def odd_key(chance: random.Random, files: Files) -> None:
    places = [place for place in containers(documents(chance, files)) if isinstance(place, dict)]
    if places:
        chance.choice(places)[chance.choice((*ODD, None, 8, True, 1.5, "<<"))] = chance.choice((*VALUES[:8], "v"))


def deep_value(chance: random.Random, files: Files) -> None:
    value: Any = "deep"
    for _ in range(chance.choice((50, 300, 390, 450))):
        value = {"a": value} if chance.random() < 0.7 else [value]
    put_somewhere(chance, files, value)


def deep_text(chance: random.Random, files: Files) -> None:
    depth = chance.choice((300, 1_000, 100_000))
    files["deep.yaml"] = f"a: {'[' * depth}{']' * depth}\n" if chance.random() < 0.5 else f"a: {'- ' * depth}x\n"
    field(chance.choice(("resources", "patchesStrategicMerge", "configurations", "crds")), "deep.yaml")(chance, files)


def aliases(chance: random.Random, files: Files) -> None:
    kind = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\n"
    wide = "x: &a [" + "x," * 1000 + "]\n" + "".join(f"y{i}: [{'*a,' * 400}]\n" for i in range(2))
    high = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
    long = f"x: &a '{'t' * 1_000_000}'\ny: [{'*a,' * 10_000}]\n"
    files["bomb.yaml"] = "---\n".join([kind + chance.choice((wide, high, long))] * chance.choice((1, 30)))
    field("resources", "bomb.yaml")(chance, files)


def cycle(chance: random.Random, files: Files) -> None:
    field(chance.choice(("resources", "components", "bases")), chance.choice((".", "..", "./", "x/..")))(chance, files)


def doubling_bases(chance: random.Random, files: Files) -> None:
    """Each level uses the one below twice: 2^30 objects, or a conflict."""
    prefix = chance.random() < 0.5
    component = chance.random() < 0.3
    head = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"} if component else {}
    names = "components" if component else "resources"
    leaf = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "leaf"}}
    files["l0/leaf.yaml"] = [leaf]
    files["l0/kustomization.yaml"] = [{**head, "resources": ["leaf.yaml"]}]
    for level in range(1, 30):
        for side in "pq":
            middle = {**head, names: [f"../l{level - 1}"], **({"namePrefix": side} if prefix else {})}
            files[f"l{level}{side}/kustomization.yaml"] = [middle]
        files[f"l{level}/kustomization.yaml"] = [{**head, names: [f"../l{level}p", f"../l{level}q"]}]
    field(names, "l29")(chance, files)


def chain_of_bases(chance: random.Random, files: Files) -> None:
    depth = chance.choice((300, 1_200))
    for level in range(depth):
        files[f"n{level}/kustomization.yaml"] = [{"resources": [f"../n{level + 1}"]}]
    files[f"n{depth}/kustomization.yaml"] = [{"configMapGenerator": [{"name": "end"}]}]
    field("resources", "n0")(chance, files)


def growing_patch(chance: random.Random, files: Files) -> None:
    operations = [{"op": "copy", "from": "/metadata", "path": f"/metadata/x{i}"} for i in range(40)]
    odd: list[Any] = [
        ["x"],
        [None],
        [1],
        [[]],
        [{}],
        [{"op": "add"}],
        [{"op": "add", "path": "/x", "value": 1e999}],
        {},
    ]
    field("patches", {"target": {"kind": ".*"}, "patch": yaml.safe_dump(chance.choice((operations, *odd)))})(
        chance, files
    )


def growing_replacement(chance: random.Random, files: Files) -> None:
    kind = {"kind": chance.choice(("ConfigMap", "Deployment", "Secret"))}
    path = chance.choice(("metadata", "data", "spec"))
    target = {"select": {"name": ".*"}, "fieldPaths": [f"{path}.a", f"{path}.b"], "options": {"create": True}}
    field("replacements", {"source": {**kind, "fieldPath": path}, "targets": [target]}, 30)(chance, files)


def leaking_replacement(chance: random.Random, files: Files) -> None:
    """A value of a Secret goes where it does not belong."""
    files["secret.yaml"] = [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "leak"}, "stringData": {"password": CANARY}}
    ]
    field("resources", "secret.yaml")(chance, files)
    path = chance.choice(("kind", "metadata.name", "metadata.namespace", "spec.replicas", "metadata.labels.x", "a.b.c"))
    target = {"select": {"kind": "[^S].*"}, "fieldPaths": [path], "options": {"create": True}}
    source = {"kind": "Secret", "name": "leak", "fieldPath": "stringData.password"}
    field("replacements", {"source": source, "targets": [target]})(chance, files)


def leaking_file(chance: random.Random, files: Files) -> None:
    """A Secret with a mistake in it."""
    wrong = chance.choice(
        (f"*{CANARY}", f"!{CANARY}", f"&{CANARY}", f"|{CANARY}", f"'{CANARY}", f"{CANARY}: x: y", f"[{CANARY}")
    )
    files["secret.yaml"] = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: leak}}\nstringData:\n  password: {wrong}\n"
    files["secret.env"] = f"-----BEGIN KEY-----\n{CANARY}/+==\n-----END KEY-----\n"
    field("resources", "secret.yaml")(chance, files)
    field("secretGenerator", {"name": "env", "envs": ["secret.env"]})(chance, files)


def definitions(chance: random.Random, files: Files) -> None:
    types = {f"t{i}": {"Schema": {"properties": {f"p{j}": {"$ref": f"t{i + 1}"} for j in range(4)}}} for i in range(20)}
    types["t0"]["Schema"]["properties"] |= {key: {"type": "string"} for key in ("kind", "apiVersion", "metadata")}
    types["t20"] = {"Schema": {"properties": {"x": {"x-kubernetes-annotation": ""}}}}
    files["types.json"] = [types]
    field("crds", "types.json")(chance, files)


def symlink(chance: random.Random, files: Files) -> None:
    files["link.yaml"] = "->" + chance.choice(
        ("/etc/passwd", "/dev/zero", "link.yaml", "../../..", ".", "/proc/self/environ")
    )
    name = chance.choice(("resources", "components", "patchesStrategicMerge", "configurations", "crds"))
    field(name, "link.yaml")(chance, files)
    field("configMapGenerator", {"name": "link", "files": ["link.yaml"], "envs": ["link.yaml"]})(chance, files)


def moved_out(chance: random.Random, files: Files) -> None:
    """A file, or a directory, is a symlink to where it now lies: beside the tree."""
    name = chance.choice([name for name in files if not is_link(files[name])])
    whole = chance.choice((name, os.path.dirname(name) or name))
    up = "../" * (whole.count("/") + 1)
    for path in [path for path in files if path == whole or path.startswith(f"{whole}/")]:
        files[f"../outside/{path}"] = files.pop(path)
    files[whole] = f"->{up}outside/{whole}"


def is_link(content: Any) -> bool:
    return isinstance(content, str) and content.startswith("->")


def odd_file(chance: random.Random, files: Files) -> None:
    """In place of a file there is something that must not be opened, or cannot be."""
    targets = (
        "/dev/zero",
        "/dev/tty",
        "/proc/kmsg",
        "/proc/self/mem",
        ".",
        "..",
        "/",
        "x" * 5_000,
        "a\x1b[2J\nb",
        "\udcff",
    )
    name = chance.choice(list(files))
    files[name] = "->" + chance.choice((*targets, os.path.basename(name)))


def long_names(chance: random.Random, files: Files) -> None:
    top = kustomization(files)
    top[chance.choice(("namePrefix", "nameSuffix", "namespace"))] = chance.choice(
        ("x" * 2_000_000, "a\nb\0", "\x1b[31m", "-")
    )
    files["many.yaml"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"m{i}"}} for i in range(chance.choice((1, 500)))
    ]
    field("resources", "many.yaml")(chance, files)


def long_variable(chance: random.Random, files: Files) -> None:
    files["var.yaml"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "v"}, "data": {"k": "y" * 500_000}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
         "spec": {"containers": [{"name": "c", "args": ["$(LONG)" * 2_000]}]}},
    ]  # fmt: skip
    field("resources", "var.yaml")(chance, files)
    objref = {"apiVersion": "v1", "kind": "ConfigMap", "name": "v"}
    field("vars", {"name": "LONG", "objref": objref, "fieldref": {"fieldPath": "data.k"}})(chance, files)


def many_entries(chance: random.Random, files: Files) -> None:
    top = kustomization(files)
    lists = [name for name, value in top.items() if isinstance(value, list) and value]
    if lists:
        name = chance.choice(lists)
        top[name] = top[name] * chance.choice((2, 300))


def garbage(chance: random.Random, files: Files) -> None:
    """Bytes in the middle of a file."""
    name = chance.choice(list(files))
    text = written(files[name])
    at = chance.randrange(len(text) + 1)
    noise = chance.choice(
        (
            "\t",
            "\0",
            "\r",
            "{",
            "}",
            "- ",
            "---\n",
            ": ",
            "&a ",
            "*a",
            "\x85",
            "%YAML 9.9\n",
            "\ufeff",
            "'",
            '"\\',
            "? ",
        )
    )
    files[name] = text[:at] + noise + text[at + chance.choice((0, 0, 5)) :]


EDITS: tuple[Edit, ...] = (
    expression, odd_text, odd_value, odd_key, deep_value, deep_text, aliases, cycle, doubling_bases, chain_of_bases,
    growing_patch, growing_replacement, leaking_replacement, leaking_file, definitions, symlink, moved_out,
    odd_file, long_names,
    long_variable, many_entries, garbage,
)  # fmt: skip

# --- what git holds ---------------------------------------------------------------------------------------------------

ADDRESS = "https://127.0.0.1:1/team/base//deploy?ref=main"
"""Nothing listens there."""

SCALARS = ('"\\q"', '"\\UFFFFFFFF"', '"a\x01b"', "'", "*none", "{", "%", "!!python/object:os.system x", "- - -", "|")
MODES = ("100644", "100755", "120000")
NAMES = (
    "x.yaml",
    "Secret_prod_x.yaml",
    "kustomization.yaml",
    "a b",
    "\u202e.yaml",
    "d/" * 300 + "x",
    "x" * 250,
    ".penstock",
)


def project(files: Files) -> list[Any]:
    """A `penstock.yaml` by which some go to an environment: a thousand directories are not as many targets."""
    targets = [{"path": path, "environment": "prod"} for path in (".", "overlays/*")]
    return [{"apiVersion": "penstock.dev/v1", "kind": "Project", "targets": targets}]


def lock_file(chance: random.Random, files: Files) -> None:
    """A lock file that was written by somebody else."""
    odd: Any = chance.choice(
        (None, [], {}, "x" * 100_000, 10**30, "../../x", "file:///etc/passwd", "\x1b[2J", "0" * 64)
    )
    entry = {
        "url": ADDRESS,
        "repository": "https://127.0.0.1:1/team/base",
        "ref": "refs/heads/main",
        "commit": "1" * 40,
    }
    if chance.random() < 0.7:
        entry[chance.choice((*entry, "sha256", "x"))] = odd
    times = chance.choice((1, 1, 2, 5_000 if len(str(odd)) < 1_000 else 400))  # beyond 32 MiB, which are read
    text = json.dumps({"version": chance.choice((1, 1, 1, odd)), "remotes": [entry] * times})
    files["penstock.lock"] = chance.choice(
        (text, text, text, text[: chance.randrange(len(text))], "->/dev/zero", "->penstock.lock")
    )
    field("resources", ADDRESS)(chance, files)


def rendered_branch(chance: random.Random, files: Files) -> None:
    """Nothing but the branch is hostile: the sources stay as they are."""


def rendered(chance: random.Random) -> bytes:
    """A stream for `git fast-import`: commits on `rendered/prod` that look more or less like Penstock's."""
    committer = chance.choice(("Penstock <hydrate@penstock.dev>", "Ann <ann@example.com>"))
    stream = [b"feature done\n"]
    number = chance.choice((1, 1, 3, 200))
    for _ in range(number):
        date = chance.choice((0, 1_700_000_000, 4_000_000_000))
        source = chance.choice(("1" * 40, "x", "", "\x1b[2J", "1" * 100_000))
        message = f"Render\n\nDry-Sha: {source}\nRendered-Tree: {'2' * 40}\nEngine: penstock 0\n".encode()
        head = f"commit refs/heads/rendered/prod\ncommitter {committer} {date} +0000\ndata {len(message)}\n"
        stream += head.encode(), message, b"\n"
        for _ in range(chance.choice((0, 1, 3))):
            name = chance.choice(("", "prod/", "./")) + chance.choice(NAMES)
            stream += f'M {chance.choice(MODES)} inline "{name}"\n'.encode(), data(chance, 5_000_000 // number)
    return b"".join((*stream, b"done\n"))


def data(chance: random.Random, most: int) -> bytes:
    scalar = chance.choice(SCALARS)
    text = chance.choice((
        f"apiVersion: v1\nkind: {scalar}\nmetadata: {{name: x}}\n",
        f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\nstringData:\n  password: {CANARY}\n  other: {scalar}\n",
        "[" * 50_000, "x" * most, "", "/etc/passwd", "version: 99\ntargets: {}\n", f"environment: {scalar}\n",
    ))  # fmt: skip
    return f"data {len(text.encode())}\n{text}\n".encode()
