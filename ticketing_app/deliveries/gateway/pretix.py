"""Re-issue by the REST API of pretix."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from ssl import SSLContext
from typing import Any, NamedTuple, TypeVar

import httpx
from pydantic import BaseModel, ValidationError
from typing_extensions import override

from ticketing_app.core.clock import utc_now
from ticketing_app.core.logging import get_logger
from ticketing_app.core.organizers import Organizer
from ticketing_app.deliveries.gateway.issuers import (
    Found,
    Holding,
    Issuer,
    IssuerRefusedError,
    IssuerUnavailableError,
    Place,
    Recipient,
    Refusal,
)

BLOCK = "api:gittix"
OUTPUT = "pdf"
TIMEOUT_SECONDS = 20
# Of a whole call, as a server may send its answer byte by byte.
CALL_SECONDS = 30
MAX_FILE_BYTES = 10 * 2**20
MAX_ANSWER_BYTES = 2**20
PAID = "p"
# The ticket system is busy, restarting, or does not know our token at the moment.
PASSING = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_MANY_REQUESTS,
}

log = get_logger()


class _Download(BaseModel):
    output: str


class _Position(BaseModel):
    id: int
    order: str
    secret: str
    addon_to: int | None = None
    canceled: bool = False
    blocked: list[str] | None = None
    checkins: list[object] = []
    downloads: list[_Download] = []
    valid_until: datetime | None = None


class _Order(BaseModel):
    code: str
    status: str
    secret: str
    testmode: bool = False
    customer: str | None = None
    positions: list[_Position]

    @property
    def holding(self) -> Holding:
        return Holding(self.code, sha256(self.secret.encode()).digest())


class _Positions(BaseModel):
    results: list[_Position]


class _Answer(NamedTuple):
    status: int
    media_type: str
    content: bytes


Model = TypeVar("Model", bound=BaseModel)


class Pretix(Issuer):
    def __init__(self, organizer: Organizer) -> None:
        self._organizer = organizer

    @override
    async def find(self, secret: str) -> Found | None:
        for event in self._organizer.events:
            path = f"{event}/orderpositions/"
            answer = await self._call("GET", path, params={"secret": secret})
            positions = _read(_Positions, answer).results
            # The barcode must be all of the secret: a filter that is ignored would list all tickets.
            position = next((one for one in positions if one.secret == secret), None)
            if position:
                order = await self._get_order(event, position.order)
                _require_free(position, order)
                return Found(self._place(event, position.id), order.holding)
        return None

    @override
    async def see(self, place: Place) -> Holding:
        position = await self._get_position(place)
        return (await self._get_order(place.event, position.order)).holding

    @override
    async def freeze(self, place: Place) -> None:
        await self._call("POST", f"{_path(place)}add_block/", body={"name": BLOCK})

    @override
    async def unfreeze(self, place: Place) -> None:
        await self._call("POST", f"{_path(place)}remove_block/", body={"name": BLOCK})

    @override
    async def reissue(self, place: Place, *, was: Holding, to: Recipient, key: str) -> Holding:
        order = await self._separate(place, key=key)
        path = f"{place.event}/orders/{order.code}/"
        # First: pretix mails the link of an order to this address on request.
        await self._call("PATCH", path, body={"email": to.email, "phone": None})
        names = {"attendee_name": to.name, "attendee_email": to.email}
        await self._call("PATCH", _path(place), body=names)
        # A new secret of the position alone would leave the old link of the order alive, which shows
        # the new ticket. The new link is saved last: the rest is done if it differs. An order that was
        # separated has a new link anyway, so this is repeated with the same key.
        if order.code != was.order or order.holding == was:
            await self._call("POST", f"{path}regenerate_secrets/", key=key)
            order = await self._get_order(place.event, order.code)
        await self.unfreeze(place)
        return order.holding

    @override
    async def fetch(self, place: Place) -> bytes | None:
        path = f"{_path(place)}download/{OUTPUT}/"
        answer = await self._call("GET", path, limit=MAX_FILE_BYTES, accepted=[HTTPStatus.CONFLICT])
        if answer.status == HTTPStatus.CONFLICT:
            return None
        if answer.media_type != "application/pdf":
            raise IssuerRefusedError(Refusal.NO_FILE)
        return answer.content

    async def try_access(self) -> None:
        """Raises like the other calls if the token cannot read the orders of an event."""
        for event in self._organizer.events:
            await self._call("GET", f"{event}/orderpositions/", params={"secret": "-"})

    async def _separate(self, place: Place, *, key: str) -> _Order:
        """Return the order of this position alone; its other tickets stay with their owner."""
        order = await self._find_order(place)
        if order.customer:
            raise IssuerRefusedError(Refusal.ACCOUNT)
        if not any(_is_other(one, place.position) for one in order.positions):
            return order
        body = {
            "split_positions": [{"position": place.position}],
            "send_email": False,
            "reissue_invoice": False,
        }
        path = f"{place.event}/orders/{order.code}/change/"
        await self._call("POST", path, body=body, key=f"{key}-split")
        return await self._find_order(place)

    async def _find_order(self, place: Place) -> _Order:
        position = await self._get_position(place)
        return await self._get_order(place.event, position.order)

    async def _get_position(self, place: Place) -> _Position:
        return _read(_Position, await self._call("GET", _path(place)))

    async def _get_order(self, event: str, code: str) -> _Order:
        return _read(_Order, await self._call("GET", f"{event}/orders/{code}/"))

    def _place(self, event: str, position: int) -> Place:
        return Place(self._organizer.address, self._organizer.organizer, event, position)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
        key: str | None = None,
        limit: int = MAX_ANSWER_BYTES,
        accepted: Sequence[int] = (),
    ) -> _Answer:
        headers = {"authorization": f"Token {self._organizer.token.get_secret_value()}"}
        if key:
            headers["x-idempotency-key"] = key
        base = f"{self._organizer.address}/api/v1/organizers/{self._organizer.organizer}/events/"
        try:
            # No redirects: they would carry the token to another address.
            async with (
                asyncio.timeout(CALL_SECONDS),
                httpx.AsyncClient(
                    base_url=base,
                    headers=headers,
                    verify=_tls(),
                    timeout=TIMEOUT_SECONDS,
                    follow_redirects=False,
                ) as client,
                client.stream(method, path, params=params, json=body) as response,
            ):
                answer = await _receive(response, limit)
        except (httpx.HTTPError, TimeoutError) as error:
            log.warning("issuer.unavailable", issuer=base, error=type(error).__name__)
            raise IssuerUnavailableError from error
        self._require_success(answer, accepted)
        return answer

    def _require_success(self, answer: _Answer, accepted: Sequence[int]) -> None:
        if httpx.codes.is_success(answer.status) or answer.status in accepted:
            return
        log.warning("issuer.refused", issuer=self._organizer.address, status=answer.status)
        if answer.status in PASSING or not httpx.codes.is_client_error(answer.status):
            raise IssuerUnavailableError
        is_unknown = answer.status == HTTPStatus.NOT_FOUND
        raise IssuerRefusedError(Refusal.UNKNOWN if is_unknown else Refusal.REFUSED)


async def _receive(response: httpx.Response, limit: int) -> _Answer:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > limit:
            raise IssuerRefusedError(Refusal.NO_FILE)
    media_type = response.headers.get("content-type", "").partition(";")[0].strip()
    return _Answer(response.status_code, media_type, bytes(content))


def _read(model: type[Model], answer: _Answer) -> Model:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        log.warning("issuer.unreadable", fields=[part["loc"] for part in error.errors()])
        raise IssuerUnavailableError from None


def _path(place: Place) -> str:
    return f"{place.event}/orderpositions/{place.position}/"


def _is_other(position: _Position, own: int) -> bool:
    """Whether the position is another ticket; add-ons move with their ticket."""
    return own not in {position.id, position.addon_to}


def _require_free(position: _Position, order: _Order) -> None:
    """Raises IssuerRefusedError unless the ticket can be sold and issued anew."""
    reasons = {
        Refusal.UNKNOWN: position.canceled or order.testmode or position.addon_to is not None,
        Refusal.UNPAID: order.status != PAID,
        Refusal.USED: bool(position.checkins) or _is_over(position.valid_until),
        # Not by us: an unblocking may still be due when the ticket is listed again.
        Refusal.BLOCKED: bool({*(position.blocked or [])} - {BLOCK}),
        Refusal.ACCOUNT: order.customer is not None,
        # A blocked ticket has no downloads.
        Refusal.NO_FILE: not position.blocked
        and all(one.output != OUTPUT for one in position.downloads),
    }
    for reason, holds in reasons.items():
        if holds:
            raise IssuerRefusedError(reason)


def _is_over(valid_until: datetime | None) -> bool:
    return valid_until is not None and valid_until <= utc_now()


@lru_cache(maxsize=1)
def _tls() -> SSLContext:
    # Reading the certificates takes longer than a request.
    return httpx.create_ssl_context()
