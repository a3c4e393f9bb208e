"""What Penstock starts, writes and connects to in hostile repositories, as the kernel sees it (`strace`).

A compile, and a hydration without a push, start no program but git, open no connection, and write nowhere but into the
cache and `.git`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.repository import ENVIRON, Repository
from tests.test_hostile_git import program
from tests.test_hostile_programs import configure
from tests.test_hydrate import CHANGED, SERVICE, SOURCES
from tests.trace_driver import MARK

STRACE = shutil.which("strace")
CI = bool(os.environ.get("CI"))
pytestmark = pytest.mark.skipif(STRACE is None and not CI, reason="strace is not installed")

CALL = re.compile(r"(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
WRITES = re.compile(r"O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)")
COMMANDS = (
    "build prod",
    "check",
    "check --staged",
    "graph",
    "hydrate --create",
    "hydrate --create --offline",
    "hydrate --dry-run",
)


def traced(repository: Repository, home: Path, command: str) -> list[tuple[str, str]]:
    """The system calls of a command, each with its arguments."""
    log = home / "trace.txt"
    words = [sys.executable, "-P", "-m", "penstock", *command.split()]  # -P: as installed, without the directory here
    status, _ = trace(words, log, repository, home)
    assert status in (0, 1, 3)
    found = (CALL.match(line) for line in log.read_text(errors="replace").splitlines())
    return [(call[1], call[2]) for call in found if call and " = -1 " not in call[2]]


def trace(words: list[str], log: Path, repository: Repository, home: Path) -> tuple[int, str]:
    """Run a program with its system calls in a log; return its exit status and output."""
    assert STRACE is not None, "CI has to have strace"
    environ = {
        **ENVIRON,
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environ |= {"XDG_CACHE_HOME": str(home / "cache")}
    calls = (
        "trace=execve,openat,open,creat,connect,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,symlink,link"
    )
    done = subprocess.run(
        [STRACE, "-f", "-qq", "-s", "4096", "-e", calls, "-o", str(log), *words],
        cwd=repository.path,
        env=environ,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout.decode()


def programs(calls: list[tuple[str, str]], own: int = 1) -> set[str]:
    """The names of the programs that were started, without the first ones that are the command itself."""
    started = [texts[0] for name, rest in calls if name == "execve" and (texts := TEXT.findall(rest))]
    return {os.path.basename(path) for path in started[own:]}


def written(calls: list[tuple[str, str]], cwd: Path) -> set[Path]:
    """What was opened for writing, made, moved or removed; devices are left out."""
    paths = set()
    for name, rest in calls:
        if name in ("execve", "connect") or (name.startswith("open") and not WRITES.search(rest)):
            continue
        paths |= {cwd / text for text in TEXT.findall(rest) if text and not text.startswith("/dev/")}
    return {Path(os.path.normpath(path)) for path in paths}


def partial_clone(repository: Repository, home: Path) -> None:
    key = repository.git("rev-parse", "HEAD:base/service.yaml")
    (repository.path / ".git" / "objects" / key[:2] / key[2:]).unlink()
    for setting in ("core.repositoryFormatVersion 1", "extensions.partialClone far", "remote.far.promisor true"):
        repository.git("config", *setting.split())
    repository.git("config", "remote.far.url", "https://far.example.com/x.git")


def programs_of_attributes(repository: Repository, home: Path) -> None:
    repository.commit({".gitattributes": "* filter=evil diff=evil\n"})
    for key in ("filter.evil.clean", "filter.evil.process", "diff.evil.textconv", "diff.external", "core.fsmonitor"):
        repository.git("config", key, program(home, key))


def programs_of_git(repository: Repository, home: Path) -> None:
    keys = ("core.sshCommand", "core.pager", "core.editor", "core.askPass", "gpg.program", "core.gitProxy")
    for key in (*keys, "credential.helper", "core.alternateRefsCommand", "trailer.x.command"):
        repository.git("config", key, program(home, key))
    for name in ("reference-transaction", "post-commit", "pre-auto-gc", "post-index-change", "post-checkout"):
        hook = repository.path / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        shutil.copy(program(home, name), hook)


def programs_of_the_sources(repository: Repository, home: Path) -> None:
    annotation = "annotations: {config.kubernetes.io/function: 'exec: {path: ./run.sh}'}"
    function = f"apiVersion: x/v1\nkind: X\nmetadata: {{name: x, {annotation}}}\n"
    repository.commit(
        {
            "yaml.py": "raise SystemExit(1)\n",
            "sitecustomize.py": "raise SystemExit(1)\n",
            "prod/run.sh": "#!/bin/sh\ntouch ran\n",
            "prod/function.yaml": function,
            "prod/kustomization.yaml": "resources: [../base]\ntransformers: [function.yaml]\n",
        }
    )


def remote_bases(repository: Repository, home: Path) -> None:
    names = "[../base, 'https://example.com/x.yaml', 'https://github.com/org/repo//x?ref=v1', 'git@example.com:a/b']"
    repository.commit({"prod/kustomization.yaml": f"resources: {names}\n"})


def names_and_links(repository: Repository, home: Path) -> None:
    (repository.path / "prod" / "link.yaml").symlink_to("/etc/passwd")
    (repository.path / "prod" / "up").symlink_to("../../..")
    (repository.path / "penstock.lock").symlink_to(home / "precious")
    repository.commit(
        {
            "prod/kustomization.yaml": "resources: [../base, link.yaml, up, ../../../x]\n",
            "dev/kustomization.yaml": "resources: [odd.yaml]\n",
            "dev/odd.yaml": SERVICE.replace("web", '"../../../../tmp/x"').replace("Service", '"../../../.git/hooks/x"'),
        }
    )


REPOSITORIES: dict[str, Callable[[Repository, Path], None]] = {
    function.__name__: function
    for function in (
        *(partial_clone, programs_of_attributes, programs_of_git, programs_of_the_sources),
        *(remote_bases, names_and_links),
    )
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("hostile", REPOSITORIES)
def test_only_git_is_started_and_nothing_else_is_touched(hostile: str, command: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    repository = Repository(tmp_path / "repository")
    repository.commit(SOURCES)
    REPOSITORIES[hostile](repository, home)
    calls = traced(repository, home, command)
    assert programs(calls) <= {"git"}
    assert [rest for name, rest in calls if name == "connect"] == []
    allowed = (repository.path / ".git", home / "cache")
    outside = {path for path in written(calls, repository.path) if not path.is_relative_to(allowed[0])}
    assert {path for path in outside if not path.is_relative_to(allowed[1])} == set()
    assert not (home / "ran").exists()


# --- all commands, and all kinds of sources ---------------------------------------------------------------------------

ALL = (
    *("check", "check --staged", "check --since HEAD~1", "check --base HEAD~1", "check prod/function.yaml"),
    *("check -o sarif", "check --enable-alpha-plugins", "build prod", "build dev", "build --enable-helm helm"),
    *("build prod dev -o OUT", "graph", "images", "targets", "init", "affected --base HEAD~1", "diff --base HEAD~1"),
    *("diff HEAD~1..HEAD --format patch", "diff rendered/prod rendered/dev", "diff prod dev"),
    *(
        "explain prod Service/web",
        "explain chart/values.yaml:1",
        "template web chart",
        "template web chart --include-crds",
    ),
    *("lock --offline", "hydrate --create", "hydrate --create --offline", "hydrate --dry-run", "hydrate --check"),
    *("hydrate --create --allow-older --revision HEAD~1", "health prod/function.yaml", "status --offline prod"),
    *("set image web=web:2", "rule PS120", "completion bash", "history prod", "--version"),
)
"""Commands of which none is told to reach for anything: to fetch, to push, or to speak to a cluster.

`status` and `history` have no kubeconfig here, which they say.
"""

NOWHERE = "https://127.0.0.1:9"
APPLICATIONS = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: %(name)s, namespace: argocd}
spec:
  project: default
  source: {repoURL: '%(url)s', %(rest)s}
  destination: {server: 'https://kubernetes.default.svc', namespace: web}
---
"""
SETS = """
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: set, namespace: argocd}
spec:
  generators:
  - git: {repoURL: 'https://127.0.0.1:9/x', revision: HEAD, directories: [{path: '*'}]}
  - git: {repoURL: 'ext::sh -c touch% ran', revision: HEAD, files: [{path: '**/*.json'}]}
  - scmProvider: {github: {organization: x, api: 'https://127.0.0.1:9'}}
  - pullRequest: {github: {owner: x, repo: y, api: 'https://127.0.0.1:9'}}
  - plugin: {configMapRef: {name: x}}
  - clusters: {}
  template:
    metadata: {name: '{{path.basename}}'}
    spec:
      project: default
      source: {repoURL: 'https://127.0.0.1:9/x', path: '{{path}}'}
      destination: {server: 'https://127.0.0.1:9', namespace: x}
"""
FLUX = """
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, url: 'ssh://git@127.0.0.1:9/x'}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec:
  interval: 1m
  prune: true
  path: ./clusters
  sourceRef: {kind: GitRepository, name: flux-system}
  decryption: {provider: sops, secretRef: {name: keys}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: far, namespace: flux-system}
spec: {interval: 1m, url: 'oci://127.0.0.1:9/x', ref: {tag: latest}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: far, namespace: flux-system}
spec: {interval: 1m, url: 'https://127.0.0.1:9'}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: far, namespace: flux-system}
spec:
  interval: 1m
  chart: {spec: {chart: x, version: 1.0.0, sourceRef: {kind: HelmRepository, name: far}}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: near, namespace: flux-system}
spec:
  interval: 1m
  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: flux-system}}}
  postRenderers: [{kustomize: {patches: [{path: 'https://127.0.0.1:9/x.yaml'}]}}]
"""
TEMPLATE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data:
  file: {{ .Files.Get "../../../../../../etc/passwd" | quote }}
  link: {{ .Files.Get "link" | quote }}
  all: {{ (.Files.Glob "**").AsConfig | quote }}
  text: {{ tpl .Values.text . | quote }}
  host: {{ getHostByName "example.com" | quote }}
  found: {{ lookup "v1" "Secret" "kube-system" "" | toJson | quote }}
  environment: {{ env "HOME" | default "none" | quote }}
"""
EXEC = "apiVersion: x/v1\nkind: X\nmetadata: {name: x, annotations: {config.kubernetes.io/function: '%s'}}\n"
ARGO = "".join(
    APPLICATIONS % {"name": name, "url": url, "rest": rest}
    for name, url, rest in (
        ("plugin", f"{NOWHERE}/x", "path: prod, plugin: {name: evil, env: [{name: X, value: y}]}"),
        ("chart", NOWHERE, "chart: x, targetRevision: 1.0.0"),
        ("oci", "127.0.0.1:9/x", "chart: x, targetRevision: 1.0.0"),
        ("near", f"{NOWHERE}/here", f"path: chart, helm: {{valueFiles: ['{NOWHERE}/v.yaml', 'file:///etc/passwd']}}"),
    )
)
KINDS_OF_SOURCES: dict[str, str] = {
    "penstock.yaml": "apiVersion: penstock.dev/v1\nkind: Project\ntargets:\n- {path: prod, environment: prod}\n"
    "- {path: dev, environment: dev}\n- {path: helm, environment: dev}\n"
    "- {path: jsonnet, type: directory, environment: dev, jsonnet: {libs: [lib]}}\n",
    "penstock.lock": "apiVersion: penstock.dev/v1\nkind: Lock\n"
    f"entries: [{{url: '{NOWHERE}/x.yaml', sha256: {'0' * 64}}}]\n",
    "prod/run.sh": "#!/bin/sh\ntouch ran\n",
    "prod/function.yaml": EXEC % "exec: {path: ./run.sh}",
    "prod/container.yaml": EXEC % "container: {image: evil, network: true}",
    "prod/starlark.yaml": EXEC % f"starlark: {{url: {NOWHERE}/x.star, path: /etc/passwd}}",
    "prod/kustomization.yaml": "resources: [../base, 'git::ext::sh -c touch% ran', 'ssh://git@127.0.0.1:9/x', "
    f"'{NOWHERE}/x.yaml', 'oci://127.0.0.1:9/x', 'file:///etc/passwd']\n"
    "transformers: [function.yaml, container.yaml]\ngenerators: [starlark.yaml]\nvalidators: [function.yaml]\n"
    f"openapi: {{path: '{NOWHERE}/schema.json'}}\ncrds: ['{NOWHERE}/crd.json']\n"
    f"configMapGenerator: [{{name: far, files: ['{NOWHERE}/x', /etc/passwd], envs: [/proc/self/environ]}}]\n"
    f"components: ['{NOWHERE}/c']\npatches: [{{path: '{NOWHERE}/p.yaml'}}]\nconfigurations: ['{NOWHERE}/f.yaml']\n",
    "helm/kustomization.yaml": f"helmCharts: [{{name: x, repo: '{NOWHERE}', version: 1.0.0, releaseName: x}}, "
    "{name: x, repo: 'oci://127.0.0.1:9/x', version: 1.0.0, releaseName: y}]\nhelmGlobals: {chartHome: /etc}\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
    f"- {{name: far, version: 1.0.0, repository: '{NOWHERE}'}}\n- {{name: up, version: 1.0.0, repository: 'file://../../..'}}\n",
    "chart/values.yaml": 'text: \'{{ .Files.Get "/etc/passwd" }}{{ lookup "v1" "Secret" "" "" }}\'\n',
    "chart/values.schema.json": f'{{"$ref": "{NOWHERE}/schema.json"}}',
    "chart/templates/a.yaml": TEMPLATE,
    "jsonnet/main.jsonnet": "{a: importstr '/etc/passwd', b: import 'https://127.0.0.1:9/x', c: std.native('x')}\n",
    "jsonnet/other.jsonnet": "{kind: 'ConfigMap', metadata: {name: importstr '../../../etc/passwd'}}\n",
    "argo/apps.yaml": ARGO,
    "argo/sets.yaml": SETS,
    "clusters/flux.yaml": FLUX,
    ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% ran\n\tupdate = !touch ran\n',
    ".gitattributes": "* filter=evil diff=evil merge=evil export-subst\n",
    ".sops.yaml": "creation_rules: [{kms: 'arn:aws:kms:x', age: age1x}]\n",
    "yaml.py": "raise SystemExit(1)\n",
    "sitecustomize.py": "raise SystemExit(1)\n",
}


ENGINES = {os.path.basename(sys.executable), os.path.basename(os.path.realpath(sys.executable))}
"""Jsonnet is evaluated in a process of its own, which has neither files nor a network."""

OURS = tuple(
    os.path.realpath(path)
    for path in (sys.prefix, sys.base_prefix, Path(__file__).parent.parent, "/usr", "/lib", "/lib64", "/proc", "/sys")
)
SETTINGS_OF_THE_MACHINE = ("/etc/ld.so", "/etc/local", "/etc/ssl", "/etc/mime.types", "/etc/nsswitch.conf", "/dev")


def by_command(log: Path, commands: Sequence[str]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each command with the system calls that succeeded."""
    parts = log.read_text(errors="replace").split(MARK)[1:]
    assert len(parts) == len(commands)
    for command, part in zip(commands, parts, strict=True):
        found = (CALL.match(line) for line in part.splitlines()[1:])
        yield command, [(call[1], call[2]) for call in found if call and " = -1 " not in call[2]]


def opened(calls: list[tuple[str, str]], cwd: Path) -> set[str]:
    """What was opened, by its real path."""
    names = (texts[0] for name, rest in calls if name.startswith("open") and (texts := TEXT.findall(rest)))
    return {os.path.realpath(cwd / name) for name in names}


def is_ours(path: str, *folders: Path) -> bool:
    """Return whether a path lies in one of these folders, or belongs to Python, git or the system's libraries."""
    return path.startswith((*map(str, folders), *OURS, *SETTINGS_OF_THE_MACHINE))


def every_kind_of_source(repository: Repository, home: Path) -> None:
    repository.write(KINDS_OF_SOURCES)
    (repository.path / "prod" / "run.sh").chmod(0o755)
    (repository.path / "chart" / "link").symlink_to("/etc/passwd")
    repository.commit()


def every_setting_of_git(repository: Repository, home: Path) -> None:
    """The settings and hooks that name a program, in the repository and in a file that it includes."""
    every_kind_of_source(repository, home)
    own = repository.path / ".git"
    repository.git("config", "include.path", str(home / "included"))
    configure(repository, own, home, (own / "config", home / "included"))
    repository.git("config", "core.hooksPath", str(own / "hooks"))


@pytest.mark.parametrize("hostile", [every_kind_of_source, every_setting_of_git])
def test_no_command_reaches_for_anything(hostile: Callable[[Repository, Path], None], tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    repository = Repository(tmp_path / "repository")
    repository.commit(SOURCES)
    repository.penstock("hydrate", "--create")
    repository.commit(CHANGED)
    hostile(repository, home)
    commands = [command.replace("OUT", str(home / "cache" / "out")) for command in ALL]
    log = home / "trace.txt"
    (home / "ran").unlink(missing_ok=True)
    words = [sys.executable, "-P", "-m", "tests.trace_driver", *commands]
    status, said = trace(words, log, repository, home)
    lines = said.splitlines()
    assert (status, len(lines)) == (0, len(commands)), said
    assert [line for line in lines if line.split()[0] not in "01234" or line.endswith("True")] == []
    found: dict[str, set[str]] = {}
    for command, calls in by_command(log, commands):
        inside = (repository.path / ".git", home / "cache", *([repository.path] if command.startswith("set ") else []))
        strays = {path for path in written(calls, repository.path) if not any(path.is_relative_to(up) for up in inside)}
        wrong = {f"runs {name}" for name in programs(calls, 0) - {"git"} - ENGINES}
        wrong |= {f"connects {rest}" for name, rest in calls if name == "connect"}
        wrong |= {
            f"opens {path}" for path in opened(calls, repository.path) if not is_ours(path, repository.path, home)
        }
        wrong |= {f"writes {path}" for path in strays}
        found |= {command: wrong} if wrong else {}
    assert found == {}
    assert not (home / "ran").exists()
    assert not list(repository.path.rglob("ran"))
