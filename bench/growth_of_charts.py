"""Shapes of charts for `growth.py`: `penstock template` of charts that grow with n in one respect each."""

# a shape is one expression, and breaking its texts hides what grows

from collections.abc import Callable

from growth_of_builds import Tree, config_map
from growth_of_commands import Work

NAMED = "apiVersion: v2\nname: NAME\nversion: 1.0.0\n"


def chart(templates: Tree, values: str = "image: x\n", more: Tree | None = None, options: str = "") -> Work:
    tree = {"Chart": NAMED.replace("NAME", "chart"), "values": values}
    return Work(
        f"template a . {options}".rstrip(),
        {**tree, **{f"templates/{k}": v for k, v in templates.items()}, **(more or {})},
    )


def subcharts(n: int) -> Work:
    """n/4 subcharts with values of their own, from a condition each."""

    # a shape is one expression, and breaking its texts hides what grows
    names = [f"sub{i}" for i in range(n // 4)]
    listed = "".join(f"- {{name: {name}, version: 1.0.0, condition: {name}.enabled}}\n" for name in names)
    more: Tree = {"Chart": f"{NAMED.replace('NAME', 'chart')}dependencies:\n{listed}"}
    for name in names:
        more[f"charts/{name}/Chart"] = NAMED.replace("NAME", name)
        more[f"charts/{name}/values"] = "image: x\n"
        more[f"charts/{name}/templates/t"] = config_map(f"{name}-{{{{ .Values.image }}}}-{{{{ .Values.global.a }}}}")
    values = "global: {a: b}\n" + "".join(f"{name}: {{enabled: true, image: y}}\n" for name in names)
    return chart({}, values, more)


def nested_subcharts(n: int) -> Work:
    """A chart in a chart, n/100 levels deep, with values that lead down to the last one."""
    depth = n // 100
    more: Tree = {}
    path = ""
    for i in range(depth):
        path += f"charts/s{i}/"
        more[f"{path}Chart"] = NAMED.replace("NAME", f"s{i}")
        more[f"{path}values"] = "global: {a: b}\nimage: x\n"
        more[f"{path}templates/t"] = config_map(f"s{i}-{{{{ .Values.image }}}}")
    values = "".join(f"{'  ' * i}s{i}:\n{'  ' * (i + 1)}image: y\n" for i in range(depth))
    return chart({}, values, more)


def library(n: int) -> Work:
    """n templates that are defined, each of which includes the one before."""
    defined = '{{- define "d0" }}x{{ end }}\n' + "".join(
        f'{{{{- define "d{i}" }}}}{{{{ include "d{i // 2}" . }}}}{{{{ end }}}}\n' for i in range(1, n)
    )
    used = "---\n".join(config_map(f'a{i}-{{{{ include "d{i}" . }}}}') for i in range(n))
    return chart({"_d.tpl": defined, "t": used})


def files(n: int) -> Work:
    """n files that one template puts into a ConfigMap."""
    text = config_map("a").replace("{k: v}", '\n{{ (.Files.Glob "conf/*").AsConfig | indent 2 }}')
    return chart({"t": text}, more={f"conf/f{i}.txt": "x\n" * 5 for i in range(n)})


def value_files(n: int) -> Work:
    """n/10 files of values, each with one key more than the defaults."""
    names = [f"v{i}" for i in range(n // 10)]
    options = " ".join(f"-f {name}.yaml" for name in names)
    text = config_map("a").replace("{k: v}", "{{ toJson .Values.map }}")
    return chart({"t": text}, "map: {a: b}\n", {name: f"map: {{{name}: '{name}'}}\n" for name in names}, options)


def settings(n: int) -> Work:
    """n options `--set`, each with one element of a list."""
    options = " ".join(f"--set list[{i}]=x" for i in range(n))
    text = config_map("a").replace("{k: v}", "{l: {{ toJson .Values.list | quote }}}")
    return chart({"t": text}, "list: []\n", options=options)


def schema(n: int) -> Work:
    """n values that a schema describes one by one."""
    names = ", ".join(f'"k{i}": {{"type": "string", "pattern": "^v{i}$"}}' for i in range(n))
    text = f'{{"type": "object", "properties": {{"map": {{"type": "object", "properties": {{{names}}}}}}}}}'
    values = "map:\n" + "".join(f"  k{i}: v{i}\n" for i in range(n))
    return chart({"t": config_map("a")}, values, {"values.schema.json": text})


def map_of(n: int) -> str:
    return "map:\n" + "".join(f"  k{i}: {{a: b, c: [d]}}\n" for i in range(n))


def list_of(n: int, item: str = "x") -> str:
    return "list:\n" + "".join(f"- {item}\n".replace("#", str(i)) for i in range(n))


def looped(body: str, make: str = "") -> str:
    """A template that goes over the list, and prints at last."""
    return f"{make}{{{{- range $i, $e := .Values.list }}}}{body}{{{{- end }}}}\n"


LAST = config_map("a").replace("{k: v}", "{k: {{ len $x | quote }}}")

SHAPES: dict[str, Callable[[int], Work]] = {
    "chart_subcharts": subcharts,
    "chart_nested_subcharts": nested_subcharts,
    "chart_library": library,
    "chart_files": files,
    "chart_value_files": value_files,
    "chart_settings": settings,
    "chart_schema": schema,
    "chart_tpl": lambda n: chart(
        {"t": looped("\n---\n" + config_map('a{{ $i }}-{{ tpl "{{ .Values.image }}" $ }}'))}, f"image: x\n{list_of(n)}"
    ),
    "chart_tpl_of_values": lambda n: chart(
        {"t": looped("\n---\n" + config_map("{{ tpl $e $ }}"))}, f"image: x\n{list_of(n, 'a#-{{ .Values.image }}')}"
    ),
    "chart_tpl_of_one_text": lambda n: chart(
        {"t": config_map("a").replace("{k: v}", "\n{{ tpl .Values.text . | indent 2 }}")},
        "image: x\ntext: |\n" + "".join(f"  k{i}: '{{{{ .Values.image }}}}'\n" for i in range(n)),
    ),
    "chart_to_yaml_of_each": lambda n: chart(
        {
            "t": "{{- range $k, $v := .Values.map }}\n---\n"
            + config_map("{{ $k }}").replace("{k: v}", "\n  k: {{ toJson $v | quote }}")
            + "{{- end }}\n"
        },
        map_of(n),
    ),
    "chart_merges": lambda n: chart(
        {"t": looped("{{ $x = merge $x (dict (toString $i) $e) }}", "{{- $x := dict }}") + LAST}, list_of(n)
    ),
    "chart_copies": lambda n: chart(
        {"t": looped("{{ $_ := set $x (toString $i) $e }}", "{{- $x := dict }}") + "{{ $x = deepCopy $x }}" + LAST},
        list_of(n),
    ),
    "chart_has": lambda n: chart(
        {"t": "{{- $x := .Values.list }}" + looped('{{ if not (has "x5" $x) }}{{ fail "x" }}{{ end }}') + LAST},
        list_of(n, "x#"),
    ),
    "chart_index": lambda n: chart(
        {"t": "{{- $x := .Values.list }}" + looped("{{ $_ := index $x $i }}") + LAST}, list_of(n)
    ),
    "chart_keys": lambda n: chart({"t": "{{- $x := keys .Values.map | sortAlpha }}" + LAST}, map_of(n)),
    "chart_uniq": lambda n: chart({"t": "{{- $x := .Values.list | uniq }}" + LAST}, list_of(n, "x#")),
    "chart_without": lambda n: chart({"t": '{{- $x := without .Values.list "x1" "x2" }}' + LAST}, list_of(n, "x#")),
    "chart_printf_into_one": lambda n: chart(
        {"t": looped('{{ $x = printf "%s,%s" $x $e }}', '{{- $x := "" }}') + LAST}, list_of(n)
    ),
    "chart_variables": lambda n: chart(
        {"t": "".join(f"{{{{- $v{i} := {i} }}}}" for i in range(n)) + "{{- $x := list }}" + LAST}
    ),
    "chart_ifs": lambda n: chart(
        {
            "t": "".join(f'{{{{- if eq .Values.image "y{i}" }}}}a: b{{{{- end }}}}' for i in range(n))
            + "{{- $x := list }}"
            + LAST
        }
    ),
    "chart_pipes": lambda n: chart(
        {"t": "{{- $x := .Values.image" + ' | quote | trimAll `"`' * (n // 10) + " }}" + LAST}
    ),
    "chart_parentheses": lambda n: chart(
        {"t": "{{- $x := " + "(print " * (n // 10) + "1" + ")" * (n // 10) + " }}" + LAST}
    ),
    "chart_regular_expressions": lambda n: chart(
        {"t": looped('{{ if regexMatch (printf "^x%d$" $i) $e }}{{ end }}', "{{- $x := list }}") + LAST},
        list_of(n, "x#"),
    ),
    "chart_split_of_one_text": lambda n: chart(
        {"t": '{{- $x := splitList "," .Values.text | join ";" | replace ";" "-" }}' + LAST}, f"text: '{'a,' * n}'\n"
    ),
    "chart_from_yaml": lambda n: chart(
        {"t": "{{- $x := .Values.text | fromYaml }}" + LAST}, "text: |\n" + "".join(f"  k{i}: v\n" for i in range(n))
    ),
    "chart_lookup_of_template": lambda n: chart(
        {
            **{f"t{i}": config_map(f"a{i}") for i in range(n // 2)},
            "u": "{{- $x := list }}"
            + "".join(
                f'{{{{- $_ := include (print $.Template.BasePath "/t{i}.yaml") . | sha256sum }}}}'
                for i in range(n // 2)
            )
            + LAST,
        }
    ),
    "chart_hooks_and_kinds": lambda n: chart(
        {
            "t": "---\n".join(
                config_map(f"a{i}", f", annotations: {{helm.sh/hook: pre-install, helm.sh/hook-weight: '{-i}'}}")
                for i in range(n)
            )
        }
    ),
    "chart_comments": lambda n: chart({"t": "{{- /* a */}}\n" * n + config_map("a")}),
    "chart_wide_lines": lambda n: chart(
        {
            "t": config_map("a").replace(
                "{k: v}", "{" + ", ".join(f"k{i}: '{{{{ .Values.image }}}}'" for i in range(n)) + "}"
            )
        }
    ),
}
