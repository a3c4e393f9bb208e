"""Shapes of fleets for `growth.py`: controllers, environments, directories and lock files that grow with n."""

# ruff: noqa: E501  # a shape is one expression, and breaking its texts hides what grows

from collections.abc import Callable

from growth_of_builds import COMPONENT, KUSTOMIZATION, Tree, config_map, deployment, objects
from growth_of_commands import (
    CHART,
    CONTAINERS,
    FLUX,
    GIT,
    HELM_RELEASE,
    Work,
    application_set,
    apps,
    check,
    each,
    entry,
    fleet,
    targets,
)

REMOTE = "https://git.example.com/fleet.git"


def matrix(n: int) -> Tree:
    """A matrix of n/10 elements and ten clusters."""
    names = ", ".join(f"{{name: app{i}}}" for i in range(n // 10))
    clusters = ", ".join(f"{{cluster: c{i}}}" for i in range(10))
    generator = f"matrix: {{generators: [{{list: {{elements: [{names}]}}}}, {{list: {{elements: [{clusters}]}}}}]}}"
    tree = application_set(n // 10, generator, "name")
    path = "argocd/applications"
    return {**tree, path: tree[path].replace("'app-{{name}}'", "'app-{{name}}-{{cluster}}'")}


def merged(n: int) -> Tree:
    """A merge of n elements with n others, by their names."""
    names = ", ".join(f"{{name: app{i}, a: b}}" for i in range(n))
    more = ", ".join(f"{{name: app{i}, a: c}}" for i in range(n))
    lists = f"[{{list: {{elements: [{names}]}}}}, {{list: {{elements: [{more}]}}}}]"
    return application_set(n, f"merge: {{mergeKeys: [name], generators: {lists}}}", "name")


def files_of_set(n: int) -> Tree:
    """A generator that reads n files."""
    generator = f"git: {{repoURL: '{REMOTE}', revision: main, files: [{{path: apps/*/config.yaml}}]}}"
    tree = application_set(n, generator, "name")
    return {**tree, **{f"apps/app{i}/config": f"name: app{i}\n" for i in range(n)}}


def sets(n: int) -> Tree:
    """n ApplicationSets of one element each."""
    from growth_of_commands import APPLICATION_SET

    text = APPLICATION_SET.replace("NAME", "name")
    made = "".join(
        "---\n"
        + text.replace("GENERATOR", f"list: {{elements: [{{name: app{i}}}]}}").replace("{name: all,", f"{{name: s{i},")
        for i in range(n)
    )
    return {**GIT, **apps(n), "argocd/applications": made}


def app_of_apps(n: int) -> Tree:
    """A chain of n Applications, each of which has the next one among its objects."""
    from growth_of_commands import APPLICATION

    tree = {**GIT, **apps(n), "argocd/applications": APPLICATION.replace("#", "0")}
    for i in range(n - 1):
        tree[f"apps/app{i}/o"] = config_map(f"a{i}") + "---\n" + APPLICATION.replace("#", str(i + 1))
    return tree


def dependencies_on_all(n: int) -> Tree:
    """n Kustomizations of Flux, each of which waits for ten others."""
    tree = fleet(n)
    path = "clusters/one/fleet"
    docs = tree[path].split("---\n")
    made = [docs[0]] + [
        doc.replace(
            "prune: true",
            "prune: true, dependsOn: [" + ", ".join(f"{{name: app{max(0, i - k - 1)}}}" for k in range(10)) + "]",
        )
        if i > 10
        else doc
        for i, doc in enumerate(docs[1:])
    ]
    return {**tree, path: "---\n".join(made)}


def circle(n: int) -> Tree:
    """n Kustomizations of Flux that wait for one another in a circle."""
    tree = fleet(n, ", dependsOn: [{name: app#}]")
    path = "clusters/one/fleet"
    return {**tree, path: tree[path].replace("name: fleet}}", f"name: fleet}}, dependsOn: [{{name: app{n - 1}}}]}}", 1)}


def variables(n: int) -> Tree:
    """n Kustomizations of Flux with variables from one ConfigMap of n values."""
    tree = fleet(n, ", postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}")
    data = ", ".join(f"V{i}: v" for i in range(n))
    path = "clusters/one/fleet"
    values = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: vars, namespace: flux-system}}\ndata: {{{data}}}\n"
    for i in range(n):
        tree[f"apps/app{i}/o"] = config_map(f"a{i}").replace("k: v", f"k: '${{V{i}}}'")
    return {**tree, path: f"{tree[path]}---\n{values}"}


def substitutions(n: int) -> Tree:
    """One Kustomization of Flux with n variables, and n objects that use them."""
    values = ", ".join(f"V{i}: v" for i in range(n))
    tree = {
        **GIT,
        "clusters/one/fleet": FLUX
        + entry(0).replace("prune: true", f"prune: true, postBuild: {{substitute: {{{values}}}}}"),
    }
    tree["apps/app0/kustomization"] = f"{KUSTOMIZATION}resources: [o.yaml]\n"
    tree["apps/app0/o"] = each(n, config_map("a#").replace("k: v", "k: '${V#} ${V1}'"))
    return tree


def sources(n: int) -> Tree:
    """n Kustomizations of Flux, each with a GitRepository of its own."""
    tree = fleet(n)
    path = "clusters/one/fleet"
    text = "---\n".join(FLUX.replace("name: fleet", f"name: fleet{i}") for i in range(n))
    docs = tree[path].split("---\n")[1:]
    made = [doc.replace("name: fleet}", f"name: fleet{i}}}") for i, doc in enumerate(docs)]
    return {**tree, path: f"{text}---\n" + "---\n".join(made)}


def releases_that_wait(n: int) -> Tree:
    """n HelmReleases, each of which waits for the one before."""
    made = "".join(
        HELM_RELEASE.replace("interval: 1m", f"interval: 1m\n  dependsOn: [{{name: app{max(0, i - 1)}}}]").replace(
            "#", str(i)
        )
        if i
        else HELM_RELEASE.replace("#", "0")
        for i in range(n)
    )
    return {**GIT, **CHART, **apps(1), "clusters/one/fleet": FLUX + entry(0), "apps/app0/o": made}


def releases_with_values(n: int) -> Tree:
    """n HelmReleases with values from a ConfigMap each."""
    values = each(
        n,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v#, namespace: flux-system}\ndata: {values.yaml: 'image: x#'}\n",
    )
    made = each(
        n,
        HELM_RELEASE.removeprefix("---\n").replace(
            "  values: {image: 'r.example/c:#'}", "  valuesFrom: [{kind: ConfigMap, name: v#}]"
        ),
    )
    return {**GIT, **CHART, **apps(1), "clusters/one/fleet": FLUX + entry(0), "apps/app0/o": values + made}


def clusters(n: int) -> Tree:
    """n/10 clusters with ten Kustomizations of Flux each, over the same directories."""
    tree = {**GIT, **apps(10)}
    for c in range(n // 10):
        tree[f"clusters/c{c}/fleet"] = FLUX + "".join(entry(i) for i in range(10))
    return tree


def deep_directories(n: int) -> Tree:
    """n kustomizations, fifty directories deep."""
    tree: Tree = {}
    for i in range(n):
        way = "/".join(f"d{i}x{k}" if k < 2 else "d" for k in range(50))
        tree[f"{way}/kustomization"] = f"{KUSTOMIZATION}resources: [o.yaml]\n"
        tree[f"{way}/o"] = config_map(f"a{i}")
    return tree


def unrelated(n: int) -> Tree:
    """One target beside 20 n files that have nothing to do with it."""
    tree = {"app/kustomization": f"{KUSTOMIZATION}resources: [o.yaml]\n", "app/o": config_map("a")}
    return {**tree, **{f"docs/d{i % 50}/f{i}.txt": "x\n" for i in range(20 * n)}}


def one_directory(n: int) -> Tree:
    """A kustomization of n files in its directory."""
    names = ", ".join(f"o{i}.yaml" for i in range(n))
    return {
        "kustomization": f"{KUSTOMIZATION}resources: [{names}]\n",
        **{f"o{i}": config_map(f"a{i}") for i in range(n)},
    }


def many_environments(n: int) -> Tree:
    """n/2 environments of one application, all of one base and one component."""
    tree = {
        "base/kustomization": f"{KUSTOMIZATION}resources: [o.yaml]\n",
        "base/o": deployment("a", CONTAINERS),
        "component/kustomization": COMPONENT + "images: [{name: r.example/c, newTag: '2'}]\n",
    }
    for i in range(n // 2):
        tree[f"envs/e{i}/kustomization"] = (
            f"{KUSTOMIZATION}resources: [../../base]\ncomponents: [../../component]\nnamespace: n{i}\n"
        )
    return {**tree, "penstock": "targets: [{path: 'envs/*', environment: '{1}'}]\n"}


def listed_targets(n: int) -> Tree:
    """n/2 entries of `targets:` for as many directories."""
    tree = {path: text for path, text in targets(n).items() if path != "penstock"}
    lines = "".join(f"- {{path: apps/app{i}/overlays/env0, environment: e{i % 7}, app: a{i}}}\n" for i in range(n // 2))
    return {**tree, "penstock": f"targets:\n{lines}"}


def settings_of_environments(n: int) -> Tree:
    lines = "".join(f"  e{i}: {{branch: rendered/e{i}}}\n" for i in range(n // 2))
    return {
        **many_environments(n),
        "penstock": f"targets: [{{path: 'envs/*', environment: '{{1}}'}}]\nenvironments:\n{lines}",
    }


def rules_by_path(n: int) -> Tree:
    lines = "".join(f"    envs/e{i}/**: info\n" for i in range(n // 2))
    return {
        **many_environments(n),
        "penstock": f"targets: [{{path: 'envs/*', environment: '{{1}}'}}]\nrules:\n  PS4:\n{lines}",
    }


def excluding(n: int) -> Tree:
    """n patterns of directories to leave out, over many others."""
    lines = "".join(f"- old/e{i}/**\n" for i in range(n))
    return {**many_environments(n), "penstock": f"exclude:\n{lines}"}


def wide_change(n: int, changed: bool) -> Tree:
    """One target of n objects, each of which has another value."""
    return {
        "kustomization": f"{KUSTOMIZATION}resources: [o.yaml]\n",
        "o": each(n, config_map("a#").replace("k: v", "k: v2#" if changed else "k: v1#")),
    }


def many_fields(n: int, value: str) -> Tree:
    data = ", ".join(f"k{i}: {value}{i}" for i in range(n))
    return {"kustomization": f"{KUSTOMIZATION}resources: [o.yaml]\n", "o": config_map("a").replace("k: v", data)}


def long_text(n: int, step: int) -> Tree:
    lines = "".join(f"    line {i} {'changed' if i % step == 0 else ''}\n" for i in range(5 * n))
    return {
        "kustomization": f"{KUSTOMIZATION}resources: [o.yaml]\n",
        "o": config_map("a").replace("{k: v}", f"\n  k: |\n{lines}"),
    }


def list_of(n: int, names: "Callable[[int], str]") -> Tree:
    containers = ", ".join(f"{{name: {names(i)}, image: 'r.example/c:{i}'}}" for i in range(n))
    return {"kustomization": f"{KUSTOMIZATION}resources: [o.yaml]\n", "o": deployment("a", containers)}


def arguments(n: int, first: int) -> Tree:
    texts = ", ".join(f"'--a{i}'" for i in range(first, first + n))
    return {
        "kustomization": f"{KUSTOMIZATION}resources: [o.yaml]\n",
        "o": deployment("a", f"{{name: c, image: x, args: [{texts}]}}"),
    }


def renamed(n: int, prefix: str) -> Tree:
    return {
        "kustomization": f"{KUSTOMIZATION}namePrefix: {prefix}\nresources: [o.yaml]\n",
        "o": objects(n, lambda name: deployment(name, CONTAINERS)),
    }


def moved(n: int, directory: str) -> Tree:
    """n/2 targets in a directory, which the change renames."""
    return {
        f"{directory}/app{i}/{name}": text
        for i in range(n // 2)
        for name, text in (("kustomization", f"{KUSTOMIZATION}resources: [o.yaml]\n"), ("o", config_map(f"a{i}")))
    }


def diff(later: Tree, earlier: Tree) -> Work:
    return Work("diff --base HEAD~1 --no-cache", later, earlier, most=1)


SHAPES: dict[str, Callable[[int], Work]] = {
    "argo_matrix": lambda n: Work("targets", matrix(n), most=1),
    "argo_merge": lambda n: Work("targets", merged(n // 2), most=1),
    "argo_files": lambda n: Work("targets", files_of_set(n // 2), most=1),
    "argo_sets": lambda n: Work("targets", sets(n // 2), most=1),
    "argo_app_of_apps": lambda n: Work("targets", app_of_apps(n // 10), most=3),
    "check_argo_matrix": lambda n: check(matrix(n // 2)),
    "check_argo_sets": lambda n: check(sets(n // 4)),
    "flux_dependencies_on_ten": lambda n: Work("targets", dependencies_on_all(n // 2), most=1),
    "flux_circle": lambda n: Work("targets", circle(n // 2), most=3),
    "check_flux_circle": lambda n: Work("check --no-cache", circle(n // 2), most=3),
    "flux_variables": lambda n: Work("targets", variables(n // 2), most=1),
    "check_flux_variables": lambda n: check(variables(n // 4)),
    "check_flux_substitutions": lambda n: check(substitutions(n)),
    "flux_sources": lambda n: Work("targets", sources(n // 2), most=1),
    "check_flux_sources": lambda n: check(sources(n // 2)),
    "check_flux_releases_that_wait": lambda n: check(releases_that_wait(n // 5)),
    "check_flux_releases_with_values": lambda n: check(releases_with_values(n // 5)),
    "flux_clusters": lambda n: Work("targets", clusters(n), most=1),
    "check_flux_clusters": lambda n: check(clusters(n // 2)),
    "graph_flux_dependencies": lambda n: Work("graph", dependencies_on_all(n // 2), most=3),
    "images_of_flux": lambda n: Work("images", fleet(n // 2), most=3),
    "targets_deep": lambda n: Work("targets", deep_directories(n // 4), most=1),
    "targets_beside_other_files": lambda n: Work("targets", unrelated(n // 4), most=1),
    "build_files_of_one_directory": lambda n: Work("build --no-cache .", one_directory(n)),
    "check_known_files": lambda n: Work("check", one_directory(4 * n)),  # the second run is answered by the cache
    "check_environments": lambda n: check(many_environments(n)),
    "check_settings_of_environments": lambda n: check(settings_of_environments(n)),
    "check_rules_by_path": lambda n: check(rules_by_path(n)),
    "targets_with_exclude": lambda n: Work("targets", excluding(n), most=1),
    "check_listed_targets": lambda n: check(listed_targets(n)),
    "targets_using": lambda n: Work("targets --using base/o.yaml", many_environments(n), most=1),
    "explain_line_of_environments": lambda n: Work("explain base/o.yaml:3", many_environments(n)),
    "images_of_environments": lambda n: Work("images", many_environments(n)),
    "graph_environments": lambda n: Work("graph", many_environments(n)),
    "set_image_in_environments": lambda n: Work("set image r.example/c=3", many_environments(n), most=2),
    "init": lambda n: Work("init", targets(n), most=1),
    "diff_objects": lambda n: diff(wide_change(n, True), wide_change(n, False)),
    "diff_fields": lambda n: diff(many_fields(n, "a"), many_fields(n, "b")),
    "diff_text": lambda n: diff(long_text(n, 2), long_text(n, 3)),
    "diff_text_all": lambda n: diff(long_text(n, 1), long_text(n, 10**9)),
    "diff_elements": lambda n: diff(list_of(n, lambda i: f"c{i}"), list_of(n, lambda i: f"d{i}")),
    "diff_order_of_elements": lambda n: diff(list_of(n, lambda i: f"c{i}"), list_of(n, lambda i: f"c{n - i}")),
    "diff_arguments": lambda n: diff(arguments(n, 0), arguments(n, n // 2)),
    "diff_renamed_objects": lambda n: diff(renamed(n, "a-"), renamed(n, "b-")),
    "diff_renamed_directory": lambda n: diff(moved(n, "new"), moved(n, "old")),
    "diff_sides": lambda n: Work(
        "diff a b",
        {
            **{f"a/{k}": v for k, v in wide_change(n, True).items()},
            **{f"b/{k}": v for k, v in wide_change(n, False).items()},
        },
        most=1,
    ),
    "diff_as_html": lambda n: Work(
        "diff --base HEAD~1 --no-cache --format html", wide_change(n, True), wide_change(n, False), most=1
    ),
    "diff_as_markdown": lambda n: Work(
        "diff --base HEAD~1 --no-cache --format markdown", wide_change(n, True), wide_change(n, False), most=1
    ),
    "check_since": lambda n: Work(
        "check --no-cache --since HEAD~1", wide_change(n, True), wide_change(n, False), most=1
    ),
    "check_updates": lambda n: Work(
        "check --no-cache --base HEAD~1", wide_change(n, True), wide_change(n, False), most=1
    ),
    "affected_renamed_directory": lambda n: Work("affected --base HEAD~1", moved(n, "new"), moved(n, "old"), most=1),
}
