from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

from ticketing_app.core.validation import (
    ApiModel,
)
from ticketing_app.tickets.rules import (
    TITLE_MAX_LENGTH,
)


class PriceHint(BaseModel):
    """10th, 50th and 90th percentile of the prices of similar tickets."""

    model_config = ConfigDict(frozen=True)

    low_cents: int
    high_cents: int
    typical_cents: int
    currency: str


class EventPrices(BaseModel):
    """Prices of other sellers for an event: the lowest that can be bought now, and the usual ones, if known."""

    model_config = ConfigDict(frozen=True)

    lowest_cents: int | None
    usual: PriceHint | None


class PriceQuestion(ApiModel):
    title: Annotated[str, Field(max_length=TITLE_MAX_LENGTH)] = ""
    category: str | None = None
    city: Annotated[str, Field(max_length=TITLE_MAX_LENGTH)] | None = None
