"""Files of definitions, which Kustomize reads as JSON where they start with a brace, and as YAML otherwise."""


def why_no_json(data: bytes) -> str:
    """What is wrong with a text that Kustomize reads as JSON; empty for one that is, and for YAML."""
    if data[:1] != b"{":
        return "" if data else "this file is empty"
    import json  # only for `crds` and `openapi`

    try:
        json.loads(data.decode(errors="replace"), parse_constant=_refuse)
    except (ValueError, RecursionError) as reason:
        return f"this file starts with a brace, so Kustomize reads it as JSON: {reason}"
    return ""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
