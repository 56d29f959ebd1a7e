"""The JSON Schemas of an exam's files, and what breaks them as people say it."""

import importlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from evalkit.grading import check_schema
from evalkit.registry import unknown
from evalkit.rows import is_list, is_object, shown

KINDS = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object in braces",
    "null": "null",
}
"""What JSON Schema's types are called."""


def schema(name: str) -> dict[str, Any]:
    """One of the schemas beside this module, with that of a check put into it."""
    text = files("evalkit.exam").joinpath(f"{name}.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    if "check" in found.get("$defs", {}):
        # With a name of its own, its references go on pointing into itself.
        found["$defs"]["check"] = {**check_schema(), "$id": "urn:evalkit:check"}
    return found


@cache
def validator(name: str) -> Any:
    """What finds the errors in a value; the library is imported when one is wanted."""
    jsonschema: Any = importlib.import_module("jsonschema")
    return jsonschema.Draft202012Validator(schema(name))


def problem(name: str, value: object) -> str:
    """The first thing that is wrong with a value, in a line; empty if nothing is.

    The field comes first, as in ``rubric[2].points: 'two' is not a number``.
    """
    errors = sorted(
        validator(name).iter_errors(value), key=lambda each: list(map(str, each.path))
    )
    if not errors:
        return ""
    error = deepest(errors[0])
    path = list(error.absolute_path)
    said = sentence(error)
    field = as_field(path)
    step = f" (in step {path[1] + 1})" if path[:1] == ["rubric"] and path[1:] else ""
    return f"{field}: {said}{step}" if field else said


def deepest(error: Any) -> Any:
    """The error that explains another best: where a value fits none of several
    schemas, what keeps it from the one that it comes closest to."""
    best: Any = importlib.import_module("jsonschema").exceptions.best_match
    found = error
    while found.context and not one_of_fields(found):
        # A text that breaks the rule for texts is no wrong list.
        fitting = [each for each in found.context if wrong_inside(each, found)]
        found = best(fitting or found.context)
    return found


def wrong_inside(error: Any, whole: Any) -> bool:
    """Whether a value is of the right type for a schema and wrong in another way."""
    return error.validator != "type" or len(error.path) > len(whole.path)


def one_of_fields(error: Any) -> list[str]:
    """The fields of which there must be exactly one, where a schema says just that."""
    offered: list[Any] = error.validator_value if error.validator == "oneOf" else []
    if all(is_object(each) and each.keys() == {"required"} for each in offered):
        return [str(each["required"][0]) for each in offered]
    return []


def as_field(path: Iterable[str | int]) -> str:
    """A place in a JSON value as programs write it."""
    text = ""
    for each in path:
        text += f"[{each}]" if isinstance(each, int) else f".{each}"
    return text.removeprefix(".")


def sentence(error: Any) -> str:
    """What an error of the library says, in other words."""
    rule, wanted, given = error.validator, error.validator_value, error.instance
    return (
        own_sentence(error)
        or kind_sentence(rule, wanted, given)
        or bound_sentence(rule, wanted, given)
        or " ".join(str(error.message).split())[:300]
    )


def own_sentence(error: Any) -> str:
    """What a schema says itself of a value that breaks it; empty if it does not."""
    found, given = error.schema, error.instance
    if error.validator == "pattern" and "says" in found:
        return f"{shown(given)} {found['says']}"
    if one_of_fields(error):
        return f"must have exactly one of {', '.join(one_of_fields(error))}"
    if error.validator == "additionalProperties":
        return extra_field(found, given)
    return ""


def kind_sentence(rule: str, wanted: Any, given: Any) -> str:
    """The sentence for a value of another kind, empty for others."""
    if rule == "type":
        names: list[str] = [wanted] if isinstance(wanted, str) else wanted
        return f"{shown(given)} is not {' or '.join(KINDS[n] for n in names)}"
    if rule == "required":
        return f"has no field {next(n for n in wanted if n not in given)!r}"
    if rule == "dependentRequired":
        return f"{' and '.join(wanted)} come together or not at all"
    if rule == "enum" and isinstance(given, str):
        return unknown("kind", given, map(str, wanted))
    return ""


def extra_field(found: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """The sentence for a field that a schema does not know."""
    known = found.get("properties", {})
    return unknown("field", next(name for name in given if name not in known), known)


def bound_sentence(rule: str, wanted: Any, given: Any) -> str:
    """The sentence for a value that is too small or too large, empty for others."""
    size = len(given) if isinstance(given, str) or is_list(given) else 0
    sentences = {
        "minimum": f"{shown(given)} is less than {wanted}",
        "exclusiveMinimum": f"{shown(given)} is not more than {wanted}",
        "maximum": f"{shown(given)} is more than {wanted}",
        "multipleOf": f"{shown(given)} is not a multiple of {wanted}",
        "minLength": "is empty",
        "maxLength": f"has {size} characters, {wanted} at most are read",
        "minItems": f"has {size} entries, {wanted} at least are wanted",
        "maxItems": f"has {size} entries, {wanted} at most are read",
        "uniqueItems": f"{shown(given)} names something twice",
    }
    return sentences.get(rule, "")
