"""Validation of input from outside, with a sentence for each wrong field."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, TypeVar
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
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

SHORT_TEXT_MAX_LENGTH = 120
FIRST_YEAR = 2000
LAST_YEAR = 2100

# Control characters (C0, DEL, C1, line separators) and bidirectional overrides: a title could hide a
# part of itself, or overwrite the text beside it.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def require_printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        msg = "cannot contain control characters or characters that turn the direction of text"
        raise ValueError(msg)
    return text


def printable(text: str) -> str:
    """Return the text as one line, without the characters that `require_printable` refuses."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def require_printable_lines(text: str) -> str:
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(require_printable(line) for line in lines)


def without_nul(text: str) -> str:
    return text.replace("\x00", "")


def in_calendar(moment: datetime) -> datetime:
    """Convert to UTC; years at the ends of the calendar cannot be shown in every time zone."""
    return require_calendar_year(moment).astimezone(UTC)


def require_calendar_year(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        msg = f"must lie between {FIRST_YEAR} and {LAST_YEAR}"
        raise ValueError(msg)
    return moment


def require_calendar_day(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        msg = f"must lie between {FIRST_YEAR} and {LAST_YEAR}"
        raise ValueError(msg)
    return day


def read_uuid(text: str) -> UUID | None:
    """Parse an id; None for other text, like a slug."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _require_timezone(name: str) -> str:
    if name not in available_timezones():
        msg = "must be an IANA name, like Europe/Berlin"
        raise ValueError(msg)
    return name


ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=SHORT_TEXT_MAX_LENGTH),
    AfterValidator(require_printable),
]
# PostgreSQL cannot search for U+0000, and no text in the database has it.
SearchText = Annotated[str, AfterValidator(without_nul)]
TimezoneName = Annotated[str, AfterValidator(_require_timezone)]


class ApiModel(BaseModel):
    """Base of request and response bodies: snake_case in Python, camelCase in JSON; ignores unknown fields."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, frozen=True
    )


def describe_error(error: ErrorDetails) -> tuple[str | None, str]:
    """Return the camelCase name of the field, None for the whole body, and a sentence."""
    # Pydantic reports a default that was refused under the name in Python.
    parts = [to_camel(part) if isinstance(part, str) else str(part) for part in error["loc"]]
    field = ".".join(parts) or None
    label = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", field or "body").capitalize()
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        words = str(context.get("error", error["msg"]))
    else:
        default = error["msg"].removeprefix("Input ").removeprefix("Value error, ")
        sentence = SENTENCES.get(error["type"])
        # Pydantic's own sentence may quote a pattern with braces.
        words = sentence.format_map(context) if sentence else default
    return field, f"{label} {words[:1].lower()}{words[1:].rstrip('.')}."


def parse(model: type[Model], data: object) -> Model:
    """Validate untrusted data; raises InvalidInputError with a sentence for each wrong field."""
    if not isinstance(data, dict):
        raise InvalidInputError([(None, "Send a JSON object.")])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidInputError([describe_error(item) for item in error.errors()]) from None
