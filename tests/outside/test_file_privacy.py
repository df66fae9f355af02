"""A file is its owner's alone, at each step of its life."""

import pytest

from tests import ticket_files
from tests.outside.api_client import ApiClient, ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.delivery_market import PASSWORD, DeliveryMarket
from tests.outside.payment_market import PaymentMarket
from tests.waiting import eventually

OPENED = """
    SELECT d.opened_at, f.opened_at AS file_opened_at FROM deliveries d
    JOIN order_items i ON i.order_id = d.order_id JOIN tickets t ON t.id = i.ticket_id
    JOIN vault_files f ON f.id = t.vault_file_id WHERE d.order_id = $1"""
OWNER = "SELECT owner_id FROM vault_files WHERE id = $1"
NEVER = {"opened_at": None, "file_opened_at": None}


class Paths:
    """Addresses of one file before and after its sale."""

    def __init__(self, file_id: str, order_id: str) -> None:
        self.preview = f"/api/files/{file_id}/pages/1"
        self.file = f"/api/files/{file_id}"
        self.delivery = f"/api/orders/{order_id}/delivery"
        self.door = f"/api/orders/{order_id}/door"
        self.open = ""
        self.part = ""

    def set_delivery(self, delivery_id: str) -> None:
        self.open = f"/api/deliveries/{delivery_id}/open"
        self.part = f"/api/deliveries/{delivery_id}/parts/1"


async def get(who: ApiClient, *paths: str) -> list[int]:
    return [(await who.get(path)).status_code for path in paths]


@pytest.fixture
async def people(
    clients: ApiClients, market: PaymentMarket, probe: DatabaseProbe
) -> DeliveryMarket:
    seller, buyer, stranger = [await clients.sign_up() for _ in range(3)]
    return DeliveryMarket(seller, buyer, stranger, market.stripe, probe)


async def test_only_its_owner_reads_it(
    people: DeliveryMarket, market: PaymentMarket, probe: DatabaseProbe
) -> None:
    seller, buyer, stranger = people.seller, people.buyer, people.stranger
    content = ticket_files.one_ticket(f"privacy-{seller.id}")
    uploaded = (await seller.post("/api/files", content=content)).raise_for_status().json()
    file_id = uploaded["items"][0]["id"]
    order_id = await people.buy(await people.sell(file_id))
    paths = Paths(file_id, order_id)

    # Before payment.
    assert await get(seller, paths.preview) == [200]
    for who in (buyer, stranger):
        assert await get(who, paths.preview, paths.delivery, paths.door) == [404, 404, 404]

    # Paid, and sealed: reading opens nothing.
    intent = await people.pay(order_id)
    delivery = (await buyer.get(paths.delivery)).raise_for_status().json()
    paths.set_delivery(delivery["id"])
    assert await get(seller, paths.delivery, paths.part, paths.preview) == [200, 404, 404]
    assert await get(stranger, paths.delivery, paths.part, paths.preview) == [404, 404, 404]
    assert await get(buyer, paths.part, paths.preview) == [409, 404]
    assert (await buyer.get(paths.open)).status_code == 405
    assert (await buyer.get(paths.door)).status_code in {404, 409}
    for who, status in ((seller, 403), (stranger, 404)):
        assert (await who.post(paths.open)).status_code == status
        assert (await who.delete(paths.file)).status_code == 404
    assert await probe.rows(OPENED, order_id) == [NEVER]

    # Opened by its buyer.
    assert (await buyer.post(paths.open)).status_code == 200
    assert await get(buyer, paths.part, paths.door) == [200, 200]
    for who in (seller, stranger):
        assert await get(who, paths.part, paths.door, paths.preview) == [404, 404, 404]

    # Signed out.
    account = (await buyer.get("/api/users/currentuser")).json()["currentUser"]
    stolen = "; ".join(f"{name}={value}" for name, value in buyer.cookies.items())
    await buyer.post("/api/users/signout")
    for path in (paths.part, paths.door, paths.delivery):
        assert (await buyer.get(path, headers={"cookie": stolen})).status_code == 401
    again = {"email": account["email"], "password": PASSWORD}
    (await buyer.post("/api/users/signin", json=again)).raise_for_status()
    assert await get(buyer, paths.part) == [200]

    # Refunded: it is the seller's again.
    await market.stripe.by_hand("refunds", payment_intent=intent)
    await eventually(lambda: _owns(probe, file_id, seller))
    assert await get(buyer, paths.part, paths.door) == [404, 404]
    assert await get(stranger, paths.part, paths.preview) == [404, 404]
    assert await get(seller, paths.preview) == [200]


async def _owns(probe: DatabaseProbe, file_id: str, owner: ApiClient) -> bool:
    return str((await probe.rows(OWNER, file_id))[0]["owner_id"]) == owner.id
