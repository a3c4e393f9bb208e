"""The functions of templates that write and read JSON."""

from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.failures import Failure
from penstock.gotemplate.functions import json_reading
from penstock.gotemplate.functions.json_writing import Unmarshalable, json_text
from penstock.gotemplate.values import Value


def to_json(f: Frame, value: Value) -> str:
    try:
        return json_text(value, f.meter)
    except Unmarshalable:
        return ""


def must_to_json(f: Frame, value: Value) -> str:
    try:
        return json_text(value, f.meter)
    except Unmarshalable as problem:
        raise Failure(str(problem)) from None


def to_pretty_json(f: Frame, value: Value) -> str:
    try:
        return json_text(value, f.meter, pretty=True)
    except Unmarshalable:
        return ""


def must_to_pretty_json(f: Frame, value: Value) -> str:
    try:
        return json_text(value, f.meter, pretty=True)
    except Unmarshalable as problem:
        raise Failure(str(problem)) from None


def to_raw_json(f: Frame, value: Value) -> str:
    try:
        return json_text(value, f.meter, escapes_html=False)
    except Unmarshalable as problem:
        raise Failure(str(problem)) from None


def from_json(f: Frame, text: str) -> Value:
    f.meter.spend(len(text) // 4)
    return json_reading.as_map(text)


def from_json_array(f: Frame, text: str) -> Value:
    f.meter.spend(len(text) // 4)
    return json_reading.as_list(text)


def must_from_json(f: Frame, text: str) -> Value:
    f.meter.spend(len(text) // 4)
    try:
        return json_reading.read(text)
    except ValueError as problem:
        raise Failure(str(problem)) from None


FUNCTIONS: dict[str, Function] = {
    "fromJson": Function(from_json, "string", site=True, cost=50),
    "fromJsonArray": Function(from_json_array, "string", site=True, cost=50),
    "mustFromJson": Function(must_from_json, "string", site=True, cost=50),
    "mustToJson": Function(must_to_json, "any", site=True),
    "mustToPrettyJson": Function(must_to_pretty_json, "any", site=True),
    "mustToRawJson": Function(to_raw_json, "any", site=True),
    "toJson": Function(to_json, "any", site=True),
    "toPrettyJson": Function(to_pretty_json, "any", site=True),
    "toRawJson": Function(to_raw_json, "any", site=True),
}
