"""The setting ISSUERS: ticket systems of organisers that issue a sold ticket anew."""

from functools import lru_cache
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from ticketing_app.core.transport import HttpAddress, is_plain_http

ALLOWED = (
    'a list like [{"kind": "pretix", "url": "https://pretix.example", "organizer": "acme", '
    '"events": ["summer"], "token": "..."}]; addresses of other machines need https'
)
# Parts of a path; no slash, and not only dots.
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$", max_length=100)]


class Organizer(BaseModel):
    """An organiser's account at a ticket system, and the events of which we may issue tickets anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["pretix"]
    url: HttpAddress
    organizer: Slug
    events: tuple[Slug, ...] = Field(min_length=1)
    token: SecretStr = Field(min_length=1)

    @model_validator(mode="after")
    def _protect_token(self) -> Self:
        parts = urlsplit(self.url)
        if is_plain_http(self.url) or parts.username or parts.query or parts.fragment:
            msg = "an https address"
            raise ValueError(msg)
        return self

    @property
    def address(self) -> str:
        return normalize(self.url)


def normalize(url: str) -> str:
    """Return an address in the form in which it is compared; empty if it is none."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _check_issuers(value: SecretStr) -> SecretStr:
    try:
        found = parse_organizers(value.get_secret_value())
    except ValidationError:
        # Hides pydantic's own error, which quotes the tokens.
        raise ValueError(ALLOWED) from None
    if len({(one.address, one.organizer) for one in found}) < len(found):
        msg = "a list with each organizer once"
        raise ValueError(msg)
    return value


@lru_cache(maxsize=1)
def parse_organizers(text: str) -> tuple[Organizer, ...]:
    return _ORGANIZERS.validate_json(text) if text.strip() else ()


_ORGANIZERS = TypeAdapter(tuple[Organizer, ...])
Issuers = Annotated[SecretStr, AfterValidator(_check_issuers)]
