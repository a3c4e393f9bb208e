"""The formats that `format.named` knows, each with the function that decides whether a string has it.

Source: apiserver pkg/cel/library/format.go; apimachinery pkg/api/validation/generic.go.
"""

from collections.abc import Callable

from penstock.validate.formats import CUSTOM_FORMATS
from penstock.validate.syntax import (
    is_dns_1035_label,
    is_dns_label,
    is_dns_subdomain,
    is_label_value,
    is_qualified_name,
)

Judge = Callable[[str], bool]


def _as_prefix(judge: Judge) -> Judge:
    """Return the check for a prefix, which may end with a hyphen because more text follows."""

    def is_prefix(text: str) -> bool:
        return judge(f"{text[:-2]}a" if len(text) > 1 and text.endswith("-") else text)

    return is_prefix


NAMED: dict[str, Judge] = {
    "dns1123Label": is_dns_label,
    "dns1123Subdomain": is_dns_subdomain,
    "dns1035Label": is_dns_1035_label,
    "qualifiedName": is_qualified_name,
    "dns1123LabelPrefix": _as_prefix(is_dns_label),
    "dns1123SubdomainPrefix": _as_prefix(is_dns_subdomain),
    "dns1035LabelPrefix": _as_prefix(is_dns_1035_label),
    "labelValue": is_label_value,
    **{name: CUSTOM_FORMATS[name][0] for name in ("uri", "uuid", "byte", "date", "datetime")},
}
