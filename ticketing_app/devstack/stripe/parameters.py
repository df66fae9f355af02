"""Form parameters, validated by the types of the installed stripe-python, generated from Stripe's spec."""

import re
import sys
import types
import typing
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, NotRequired, Required

import stripe
from stripe import RequestOptions, StripeObject

from ticketing_app.devstack.stripe.errors import Json, ParameterError

_Type = Any  # Python has no name for "any annotation": classes, unions, literals, lists.
_MOST_KEYS = 50
_LONGEST_KEY = 40
_LONGEST_VALUE = 500
_SCALARS: dict[type, tuple[str, typing.Callable[[str], object], str | None]] = {
    int: (r"-?[0-9]{1,15}", int, "parameter_invalid_integer"),
    bool: (r"true|false", "true".__eq__, None),
}


def decode(pairs: Iterable[tuple[str, str]]) -> Json:
    """Return `a[b][0]=c` as nested dictionaries; `check` turns those of lists into lists."""
    root: Json = {}
    for name, value in pairs:
        head, *path = re.findall(r"^[^\[\]]+|(?<=\[)[^\[\]]*(?=\])", name) or [""]
        if not name or name != head + "".join(f"[{part}]" for part in path):
            raise ParameterError(f"Invalid parameter name: {name}", name)
        node = root
        key = head
        for part in path:
            node = node.setdefault(key, {})
            if not isinstance(node, dict):
                raise ParameterError(f"Invalid object: {name}", name)
            key = part or str(len(node))
        node[key] = value
    return root


def check(expected: _Type, value: object, path: str = "") -> Any:  # noqa: ANN401  # Of the expected type.
    """Return the value converted to the expected type, or raise ParameterError, worded as by Stripe."""
    origin = typing.get_origin(expected)
    arguments = typing.get_args(expected)
    if origin in (NotRequired, Required):
        checked = check(arguments[0], value, path)
    elif origin in (typing.Union, types.UnionType):
        checked = _check_union(arguments, value, path)
    elif origin is list:
        rows = _mapping(value, path, "array")
        checked = [check(arguments[0], row, f"{path}[{key}]") for key, row in rows.items()]
    elif hasattr(expected, "__required_keys__"):
        checked = _check_fields(expected, _mapping(value, path), path)
    elif isinstance(origin, type) and issubclass(origin, (dict, StripeObject)):
        checked = _check_metadata(_mapping(value, path), path)
    elif origin is Literal and value not in arguments:
        raise ParameterError(f"Invalid {path}: must be one of {', '.join(arguments)[:300]}", path)
    else:
        checked = _check_scalar(expected, value, path)
    return checked


def _check_union(alternatives: tuple[_Type, ...], value: object, path: str) -> object:
    # The SDK's enumerations are open (`Literal["a"] | str`), but Stripe refuses unknown values.
    if any(typing.get_origin(item) is Literal and "" not in item.__args__ for item in alternatives):
        alternatives = tuple(item for item in alternatives if item is not str)
    errors: list[ParameterError] = []
    for alternative in alternatives:
        try:
            return check(alternative, value, path)
        except ParameterError as error:
            errors.append(error)
    # The error with the deepest path is the most specific.
    raise max(errors, key=lambda error: len(error.error["param"]))


def _check_fields(expected: _Type, value: Json, path: str) -> Json:
    fields = _fields(expected)
    inner = {name: f"{path}[{name}]" if path else name for name in (*value, *fields)}
    for name in value.keys() - fields.keys():
        message = f"Received unknown parameter: {inner[name]}"
        raise ParameterError(message, inner[name], "parameter_unknown")
    for name in expected.__required_keys__ & fields.keys() - value.keys():
        message = f"Missing required param: {inner[name]}."
        raise ParameterError(message, inner[name], "parameter_missing")
    return {name: check(fields[name], item, inner[name]) for name, item in value.items()}


@cache
def _fields(expected: _Type) -> Json:
    module = vars(sys.modules[expected.__module__])
    names = {**vars(typing), **vars(stripe), **module, "StripeContext": str}
    hints = typing.get_type_hints(expected, None, names, include_extras=True)
    return {
        name: hint for name, hint in hints.items() if name not in RequestOptions.__annotations__
    }


def _mapping(value: object, path: str, noun: str = "object") -> Json:
    if isinstance(value, dict):
        return value
    raise ParameterError(f"Invalid {noun}: {path}", path)


def _check_metadata(value: Json, path: str) -> Json:
    if len(value) > _MOST_KEYS:
        raise ParameterError(f"{path} can have up to {_MOST_KEYS} keys.", path)
    for key, item in value.items():
        if not isinstance(item, str) or len(key) > _LONGEST_KEY or len(item) > _LONGEST_VALUE:
            message = f"{path}: a key has up to 40 characters, a value is text of up to 500."
            raise ParameterError(message, f"{path}[{key}]")
    return value


def _check_scalar(expected: _Type, value: object, path: str) -> object:
    if not isinstance(value, str):
        raise ParameterError(f"Invalid value: {path}", path)
    pattern, convert, code = _SCALARS.get(expected, (r"(?s).*", str, None))
    if not re.fullmatch(pattern, value):
        raise ParameterError(f"Invalid {expected.__name__}: {value}", path, code)
    return convert(value)
