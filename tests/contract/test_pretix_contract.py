"""Behaviour of pretix on which re-issue relies, and which the stand-in must copy.

The slow tier runs the same tests against a real pretix.
"""

from collections.abc import Generator
from hashlib import sha256

import pytest
from pydantic import SecretStr

from tests.pretix.real import RealPretix, find_python
from tests.pretix.stand_in import StandIn
from tests.pretix.target import EVENT, ORGANIZER, SELLER, TOKEN, Target
from tests.waiting import eventually
from ticketing_app.core.organizers import Organizer
from ticketing_app.deliveries.gateway.issuers import (
    Found,
    IssuerRefusedError,
    Recipient,
    Refusal,
)
from ticketing_app.deliveries.gateway.pretix import Pretix

BUYER = Recipient("Bo Buyer", "bo@example.com")


@pytest.fixture(
    scope="module",
    params=["stand-in", pytest.param("pretix", marks=pytest.mark.slow)],
)
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Target]:
    if request.param == "stand-in":
        target: Target = StandIn(lambda secret, name, _: f"%PDF {secret} {name}".encode())
    else:
        python = find_python(tmp_path_factory.mktemp("environment"))
        target = RealPretix(python, tmp_path_factory.mktemp("pretix"))
    yield target
    target.close()


def connect(target: Target, **changes: object) -> Pretix:
    values = {
        "kind": "pretix",
        "url": target.url,
        "organizer": ORGANIZER,
        "events": (EVENT,),
        "token": SecretStr(TOKEN),
    }
    return Pretix(Organizer.model_validate(values | changes))


@pytest.fixture
async def issuer(target: Target) -> Pretix:
    return connect(target)


async def find(issuer: Pretix, secret: str) -> Found:
    found = await issuer.find(secret)
    assert found
    return found


async def fetch(issuer: Pretix, found: Found) -> bytes:
    made: list[bytes] = []

    async def is_made() -> bool:
        content = await issuer.fetch(found.place)
        made.extend([content] if content else [])
        return bool(made)

    await eventually(is_made)
    return made[0]


async def find_secret(issuer: Pretix, found: Found) -> str:
    return (await issuer._get_position(found.place)).secret


async def test_finds_a_ticket_by_its_barcode_only(target: Target, issuer: Pretix) -> None:
    sold = target.sell()

    found = await find(issuer, sold.secrets[0])

    assert found.holding.order == sold.code
    assert await issuer.find(sold.secrets[0][:-1]) is None
    assert await issuer.find("") is None


@pytest.mark.parametrize(
    ("status", "in_account", "reason"),
    [("n", False, Refusal.UNPAID), ("p", True, Refusal.ACCOUNT)],
)
async def test_refuses_a_ticket_that_its_seller_would_keep(
    target: Target, issuer: Pretix, *, status: str, in_account: bool, reason: Refusal
) -> None:
    sold = target.sell(status=status, in_account=in_account)

    with pytest.raises(IssuerRefusedError) as refused:
        await issuer.find(sold.secrets[0])

    assert refused.value.reason is reason


async def test_frozen_ticket_is_refused_at_the_door_until_it_is_free(
    target: Target, issuer: Pretix
) -> None:
    sold = target.sell()
    found = await find(issuer, sold.secrets[0])

    await issuer.freeze(found.place)
    await issuer.freeze(found.place)
    assert target.scan(sold.secrets[0]) == "blocked"
    assert await issuer.find(sold.secrets[0]), "our own block does not matter"
    with pytest.raises(IssuerRefusedError):
        await issuer.fetch(found.place)

    await issuer.unfreeze(found.place)
    await issuer.unfreeze(found.place)
    assert target.scan(sold.secrets[0]) == "ok"


async def test_reissued_ticket_is_the_buyers_alone(target: Target, issuer: Pretix) -> None:
    sold = target.sell()
    found = await find(issuer, sold.secrets[0])
    await issuer.freeze(found.place)
    assert target.open_link(sold.link) == 200

    now = await issuer.reissue(found.place, was=found.holding, to=BUYER, key="one")

    assert target.scan(sold.secrets[0]) == "invalid"
    assert target.open_link(sold.link) == 404
    secret = await find_secret(issuer, found)
    assert target.email_of(secret) == BUYER.email
    assert (await fetch(issuer, found)).startswith(b"%PDF")
    assert now == await issuer.see(found.place)
    assert target.scan(secret) == "ok"


async def test_repeated_reissue_changes_nothing(target: Target, issuer: Pretix) -> None:
    sold = target.sell()
    found = await find(issuer, sold.secrets[0])
    first = await issuer.reissue(found.place, was=found.holding, to=BUYER, key="first")
    secret = await find_secret(issuer, found)

    # Without the key of the first try: pretix keeps its answers for a day only.
    again = await issuer.reissue(found.place, was=found.holding, to=BUYER, key="second")

    assert again == first
    assert await find_secret(issuer, found) == secret


async def test_sold_part_of_an_order_leaves_the_rest_to_its_seller(
    target: Target, issuer: Pretix
) -> None:
    sold = target.sell(3)
    found = await find(issuer, sold.secrets[1])

    now = await issuer.reissue(found.place, was=found.holding, to=BUYER, key="several")
    again = await issuer.reissue(found.place, was=found.holding, to=BUYER, key="several")

    assert again == now
    assert now.order != sold.code
    secret = await find_secret(issuer, found)
    assert target.email_of(secret) == BUYER.email
    assert target.email_of(sold.secrets[0]) == SELLER
    assert target.open_link(sold.link) == 200
    assert [target.scan(one) for one in sold.secrets] == ["ok", "invalid", "ok"]


async def test_separated_order_that_was_not_swapped_is_swapped(
    target: Target, issuer: Pretix
) -> None:
    sold = target.sell(2)
    found = await find(issuer, sold.secrets[0])
    await issuer._separate(found.place, key="died")
    separated = await find_secret(issuer, found)

    await issuer.reissue(found.place, was=found.holding, to=BUYER, key="died")

    assert target.scan(separated) == "invalid"


async def test_ticket_goes_back_to_its_seller(target: Target, issuer: Pretix) -> None:
    sold = target.sell()
    found = await find(issuer, sold.secrets[0])
    bought = await issuer.reissue(found.place, was=found.holding, to=BUYER, key="there")
    secret = await find_secret(issuer, found)
    seller = Recipient("Sam Seller", SELLER)

    await issuer.reissue(found.place, was=bought, to=seller, key="back")

    assert target.scan(secret) == "invalid"
    assert target.email_of(await find_secret(issuer, found)) == SELLER


async def test_wrong_token_is_an_outage(target: Target) -> None:
    issuer = connect(target, token=SecretStr("wrong"))

    with pytest.raises(Exception, match="does not answer"):
        await issuer.try_access()


async def test_digest_reveals_no_link(target: Target, issuer: Pretix) -> None:
    sold = target.sell()
    found = await find(issuer, sold.secrets[0])

    secret = sold.link.rstrip("/").rpartition("/")[2]
    assert found.holding.link_digest == sha256(secret.encode()).digest()
