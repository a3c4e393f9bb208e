"""`penstock template [NAME] CHART`: print the manifests of a Helm chart, byte for byte as `helm template` v4.3.1.

CHART is a directory, a `.tgz`, `oci://REGISTRY/NAME`, with `--repo` a name, or `NAME/CHART` with a name of `helm repo
add`. What lies elsewhere is what
penstock.lock says, from the cache; `--fetch` fetches it for this run. What Helm refuses is a finding at its line, and
nothing is printed then. Flags of `helm template` that say how to install are taken and have no effect.

Exit status: 0 rendered, 2 wrong usage, 3 the chart cannot be rendered, 4 it cannot be fetched, or a file cannot be
written.
"""

import os
import posixpath
from collections.abc import Sequence

from penstock import cache
from penstock.cli import helm_flags
from penstock.cli.building import write_file
from penstock.cli.flags import add_all, many, single, switch, without_options
from penstock.cli.standard_input import STANDARD_INPUT, standard_input
from penstock.cli.streams import CLEAN, SOURCES, Streams
from penstock.errors import Refusal
from penstock.files import Beside
from penstock.regex import regex
from penstock.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.charts.release import Rendered
    from penstock.model import Diagnostic
    from penstock.post_rendering import PostRender
    from penstock.sources import ChartRequest, Files

_READS_INPUT = regex(r"=\s*-\s*(?:,|$)")
"""A `--set-file` that reads standard input."""

_BARE_QUOTE = regex(r'(?:(?:[^",]*|"(?:[^"]|"")*"),)*[^",]+"')
"""Values up to a quote that stands in the middle of one."""

DEFAULT_NAME = "release-name"

RANDOM = ("seeded", "go")

FLAGS = (
    many("-f", "--values", metavar="FILE", help="values over those of the chart; the last file wins"),
    many("--set", metavar="KEY=VALUE", help="a value, such as image.tag=1.2 or list[0]=a"),
    many("--set-string", metavar="KEY=TEXT", help="the same, and always a text"),
    many("--set-json", metavar="KEY=JSON", help="the same in JSON, or a mapping of values"),
    many("--set-file", metavar="KEY=FILE", help="a value from a file"),
    many("--set-literal", metavar="KEY=TEXT", help="a text in which no sign has a meaning"),
    single("-n", "--namespace", metavar="NAME", help="the namespace of the release (default: default)"),
    single("--kube-version", metavar="VERSION", help="the Kubernetes that charts ask about (default: 1.37.0)"),
    many("-a", "--api-versions", metavar="VERSION", help="an API version that is there, too"),
    single("--name-template", metavar="TEMPLATE", help="a template for the name of the release"),
    switch("-g", "--generate-name", help="a name from the chart and the time, as Helm does it"),
    many("-s", "--show-only", metavar="TEMPLATE", help="only what this template prints, such as templates/web.yaml"),
    switch("--include-crds", help="print what is in crds/, too"),
    switch("--no-hooks", help="print no hooks"),
    switch("--skip-tests", help="print no tests"),
    switch("--is-upgrade", help="set .Release.IsUpgrade instead of .Release.IsInstall"),
    switch("--skip-schema-validation", help="do not judge values by values.schema.json"),
    single(
        "--random",
        metavar=None,
        choices=RANDOM,
        default=RANDOM[0],
        help="whether random functions give the same each time",
    ),
    single("--post-renderer", metavar="NAME", help="a plugin of Helm, or a program, that changes what is printed"),
    many("--post-renderer-args", metavar="WORD", help="an argument for that program"),
    single("--repo", metavar="URL", help="the Helm repository that has the chart"),
    single("--version", metavar="RANGE", help="the version of a chart elsewhere, or a range (default: the newest)"),
    switch("--devel", help="take prereleases of a chart elsewhere for versions, too"),
    switch("-u", "--dependency-update", help="with charts that CHART depends on, and that lie elsewhere"),
    switch("--fetch", help="fetch what is not in penstock.lock, for this run"),
    switch("--no-cache", help="keep nothing, and use nothing that was kept"),
    single("--output-dir", metavar="DIR", help="write a file for each template instead"),
    *helm_flags.FLAGS,
)


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(helm_flags.settled(argv), streams)
    _look_up_repository(arguments, streams)
    from penstock.charted import template
    from penstock.charts.kept import Kept

    witness = cache.Witness(streams.cwd)
    files, request = _whole(witness, _request(arguments, streams), arguments, streams)
    kept = "" if arguments.no_cache else cache.folder(streams.environ, witness.root)
    post_render = _post_renderer(arguments, streams)
    printed = template(files, request, Kept(cache.Entries(kept)), post_render)
    if printed.chart is None:
        printed = printed._replace(findings=_without_values(printed.findings, request, files))
    said = _said(printed.findings, files) if printed.findings else ""
    streams.err.write(said)
    if printed.chart is None:
        return SOURCES
    if arguments.output_dir:
        release = printed.chart.name if arguments.release_name else ""
        _write(printed.chart, request, os.path.join(arguments.output_dir, release), streams)
        return CLEAN
    streams.out.write(printed.text)
    if files is witness and post_render is None and not (request.is_random or arguments.no_cache):
        _keep(argv, witness, streams, said, printed.text)
    return CLEAN


def _whole(files: "Files", request: "ChartRequest", arguments: Any, streams: Streams) -> "tuple[Files, ChartRequest]":
    """Return the files together with standard input and charts from elsewhere, and the request."""
    if "-" in request.values or any(_READS_INPUT.search(each) for each in request.file_texts):
        data = standard_input()
        files = Beside(Beside(files, STANDARD_INPUT, data), "-", data)
        values = tuple(STANDARD_INPUT if each == "-" else each for each in request.values)
        request = request._replace(values=values)
    is_elsewhere = _is_elsewhere(request.chart, arguments)
    if not (is_elsewhere or arguments.dependency_update):
        return files, request
    from penstock.cli.charts_elsewhere import Wish, brought, with_dependencies

    wish = Wish(arguments.repo, arguments.version, arguments.devel, arguments.fetch)
    if is_elsewhere:
        files, request = brought(files, request, wish, streams)
    if arguments.dependency_update:
        files, request = with_dependencies(files, request, wish, streams)
    return files, request


def _post_renderer(arguments: Any, streams: Streams) -> "PostRender | None":
    if not arguments.post_renderer:
        return None
    from penstock.cli.post_renderer import post_renderer

    return post_renderer(arguments.post_renderer, arguments.post_renderer_args, streams)


def _is_elsewhere(chart: str, arguments: Any) -> bool:
    """Return whether a chart is named by its address."""
    return bool(arguments.repo) or chart.startswith("oci://")


def _without_values(findings: "list[Diagnostic]", request: "ChartRequest", files: "Files") -> "list[Diagnostic]":
    """Return the findings about a chart that failed, without the secrets among its values."""
    from penstock.parse.project import Project

    project = Project(files)
    project.withhold_values(request, None)
    return project.told(findings)


def _said(findings: "list[Diagnostic]", files: "Files") -> str:
    from penstock.parse.locate import Locator
    from penstock.report.text import text

    return text(findings, Locator(files.read).place)


def _keep(argv: Sequence[str], files: cache.Witness, streams: Streams, said: str, text: str) -> None:
    """Store a result with the results of all looks. `start` answers the same command line with it."""
    store, name = cache.of_template(streams.environ, files.root, argv)
    seen = files.everything()
    if store and seen is not None:
        cache.store(store, name, seen, said, text)


def _parse(argv: Sequence[str], streams: Streams) -> Any:
    plain = without_options(argv, "words", FLAGS)
    if plain is not None:
        return plain
    from penstock.cli.arguments import Arguments

    parser = Arguments("template", streams, __doc__ or "")
    operands = f"the name of the release (default: {DEFAULT_NAME}) and a chart"
    parser.add_argument("words", metavar="[NAME] CHART", nargs="*", help=operands)
    add_all(parser, FLAGS)
    return parser.parse_args(argv)


def _request(arguments: Any, streams: Streams) -> "ChartRequest":
    """Return the request of a command line. Raises `Refusal` for a command line without a meaning."""
    from penstock.sources import ChartRequest

    name, chart = _name_and_chart(arguments)
    helm_flags.check(arguments, _is_elsewhere(chart, arguments) or arguments.dependency_update)
    if arguments.output_dir and arguments.show_only:
        raise Refusal("--show-only chooses what is printed, and --output-dir prints nothing: leave one of them out")
    return ChartRequest(
        chart=chart if _is_elsewhere(chart, arguments) else _local(chart, streams),
        name=name,
        namespace=arguments.namespace or streams.environ.get("HELM_NAMESPACE", "") or "default",
        is_upgrade=arguments.is_upgrade,
        kube_version=arguments.kube_version,
        api_versions=tuple(_separate(arguments.api_versions, "-a, --api-versions")),
        values=tuple(each.strip() for each in _separate(arguments.values, "-f, --values")),
        json=tuple(arguments.set_json),
        settings=tuple(arguments.set),
        texts=tuple(arguments.set_string),
        file_texts=tuple(arguments.set_file),
        literals=tuple(arguments.set_literal),
        skip_schema=arguments.skip_schema_validation,
        name_template=arguments.name_template,
        is_random=arguments.random == "go",
        include_crds=arguments.include_crds,
        hooks=not arguments.no_hooks,
        tests=not arguments.skip_tests,
        only=tuple(arguments.show_only),
        boundary=_boundary(chart, streams),
    )


def _look_up_repository(arguments: Any, streams: Streams) -> None:
    """Replace `NAME/CHART`, with a name from `helm repo add`, by `--repo URL CHART`."""
    chart = arguments.words[-1] if arguments.words else ""
    alias, slash, name = chart.partition("/")
    if not (alias and slash and name) or arguments.repo or chart.startswith(("oci:", ".")):
        return
    if os.path.exists(os.path.join(streams.cwd, chart)):
        return
    from penstock.remote.credentials import repository_called

    url = repository_called(alias, streams.environ)
    if not url:
        message = f"there is no chart {chart} here, and no repository {alias} among those of `helm repo add`"
        raise Refusal(f"{message}; name one with --repo, or write oci://REGISTRY/NAME")
    arguments.repo, arguments.words[-1] = url, name


def _name_and_chart(arguments: Any) -> tuple[str, str]:
    """Return the name and the chart of the operands. Without a name, it is Helm's default one, or empty if a template
    gives the name.
    """
    words = arguments.words
    if not words:
        raise Refusal('"penstock template" requires at least 1 argument: [NAME] CHART')
    if len(words) > 2:
        raise Refusal(f"expected at most two arguments, unexpected arguments: {', '.join(words[2:])}")
    if len(words) == 2:
        for flag in ("generate_name", "name_template"):
            if getattr(arguments, flag):
                raise Refusal(f"cannot set --{flag.replace('_', '-')} and also specify a name")
        return words[0], words[1]
    if arguments.name_template:
        return "", words[0]
    return DEFAULT_NAME, words[0]


def _local(chart: str, streams: Streams) -> str:
    """Return the path of a local chart. Raises `Refusal` if it does not exist."""
    path = posixpath.normpath(chart)
    if os.path.exists(os.path.join(streams.cwd, path)):
        return path
    if os.path.isabs(chart) or chart.startswith("."):
        raise Refusal(f'path "{chart}" not found')
    raise Refusal(f"there is no chart {chart} here; name its repository with --repo, or write oci://REGISTRY/NAME")


def _boundary(chart: str, streams: Streams) -> str:
    """Return the repository of a chart, or the chart itself if it is in none. The chart's symlinks may not leave it.
    The result is empty if the chart is no directory.
    """
    path = os.path.join(streams.cwd, chart)
    return os.path.relpath(cache.repository_of(path), os.path.realpath(streams.cwd)) if os.path.isdir(path) else ""


def _separate(given: Sequence[str], flag: str) -> list[str]:
    """Return the values of a flag that takes several, separated by commas. A value with a comma stands in double
    quotes. Raises `Refusal` for a quote in the middle of a value.
    """
    if not given:
        return []
    import csv

    for text in given:
        bare = _BARE_QUOTE.match(text)
        if bare:
            raise _misquoted(text, flag, f'1, column {len(bare[0].encode())}: bare " in non-quoted-field')
    try:
        return [each for text in given for each in next(csv.reader([text], strict=True), [])]
    except csv.Error:
        raise _misquoted(given[-1], flag, '1: extraneous or missing " in quoted-field') from None


def _misquoted(text: str, flag: str, problem: str) -> Refusal:
    shown = text.replace('"', '\\"')
    return Refusal(f'invalid argument "{shown}" for "{flag}" flag: parse error on line {problem}')


def _write(rendered: "Rendered", request: "ChartRequest", directory: str, streams: Streams) -> None:
    """Write one file for each template, with the documents that it has printed. Like Helm, say so for each document."""
    from penstock.charts.output import by_document

    documents = by_document(rendered, request)
    files: dict[str, str] = {}
    for name, text in documents:
        files[name] = files.get(name, "") + text
    for name, text in files.items():
        write_file(os.path.join(streams.cwd, directory), name, text, makes_folders=True)
    lines = [f"wrote {os.path.join(directory, name)}\n" for name, _ in documents]
    streams.out.write("".join([*lines, "\n"]))
