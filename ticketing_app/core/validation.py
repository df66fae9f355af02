"""Validation of input from outside, with a sentence for each wrong field."""

import re
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from ticketing_app.core.errors import InvalidInputError

Model = TypeVar("Model", bound=BaseModel)

SENTENCES = {
    "missing": "is required",
    "string_type": "must be a text",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "string_too_short": "is too short (at least {min_length} characters)",
    "string_too_long": "is too long (at most {max_length} characters)",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "timezone_aware": "must carry an offset, like 2027-05-01T20:00:00Z",
}


class ApiModel(BaseModel):
    """Base of request and response bodies: snake_case in Python, camelCase in JSON; ignores unknown fields."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, frozen=True
    )


def describe_error(error: ErrorDetails) -> tuple[str | None, str]:
    """Return the camelCase name of the field, None for the whole body, and a sentence."""
    field = ".".join(str(part) for part in error["loc"]) or None
    label = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", field or "body").capitalize()
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        words = str(context.get("error", error["msg"]))
    else:
        default = error["msg"].removeprefix("Input ").removeprefix("Value error, ")
        words = SENTENCES.get(error["type"], default).format_map(context)
    return field, f"{label} {words[:1].lower()}{words[1:].rstrip('.')}."


def parse(model: type[Model], data: object) -> Model:
    """Validate untrusted data; raises InvalidInputError with a sentence for each wrong field."""
    if not isinstance(data, dict):
        raise InvalidInputError([(None, "Send a JSON object.")])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidInputError([describe_error(item) for item in error.errors()]) from None
