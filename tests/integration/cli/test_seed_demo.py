"""`seed-demo` fills an empty market only."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import factories
from tests.integration.cli.command_line import run
from tests.integration.messaging.samples import column
from tests.site import free_port
from tests.unit.core.test_settings import PRODUCTION
from ticketing_app import demo

pytestmark = pytest.mark.usefixtures("database")

COUNT = "SELECT count(*) FROM tickets"


SMALL = """
[cities]
London = 2643743
[venues]
"Lantern Hall" = "London"
[[events]]
title = "The Paper Lanterns"
category = "concert"
venue = "Lantern Hall"
days = 6
time = "19:30"
description = ""
is_sold_out = true
listings = [["", "", "x2", 68.00, 0, ""]]
[[tickets]]
title = "Two Rivers Literary Quiz"
price = 12.00
"""


@pytest.fixture
def _small_market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Demo data of three tickets."""
    source = tmp_path / "demo.toml"
    source.write_text(SMALL)
    monkeypatch.setattr(demo, "SOURCE", source)


class TestSeedDemo:
    async def test_fills_an_empty_market_with_every_feature(self) -> None:
        code, out, _ = await run("seed-demo")
        assert code == 0
        [tickets] = await column(COUNT)
        # One ticket is for sale again.
        assert out.startswith(f"{tickets - 1} tickets; sign in as {demo.EMAILS[0]}")
        assert await column("SELECT count(*) FROM events WHERE status = 'cancelled'") == [1]
        unsold = "SELECT count(*) FROM tickets t JOIN events e ON e.id = t.event_id"
        unsold += " WHERE e.status = 'cancelled' AND t.status <> 'withdrawn'"
        assert await column(unsold) == [0]
        twice = "SELECT count(DISTINCT seller_id) FROM tickets"
        twice += " WHERE seat IS NOT NULL AND previous_ticket_id IS NULL"
        twice += " GROUP BY event_id, section, row, seat HAVING count(*) > 1"
        assert await column(twice) == [2]
        assert (await column("SELECT count(*) FROM tickets WHERE event_id IS NULL"))[0] >= 2
        assert (await column("SELECT max(position) FROM tickets")) == [6]
        sold = "SELECT t.status FROM tickets t JOIN events e ON e.id = t.event_id WHERE e.title LIKE 'Mathilde %'"
        assert set(await column(sold)) == {"sold"}
        assert await column("SELECT status FROM tickets WHERE status = 'paused'") == ["paused"] * 2
        pairs = "SELECT status FROM orders WHERE quantity = 2 ORDER BY status"
        assert await column(pairs) == ["completed", "completed", "completed", "created"]
        refunded = "SELECT count(*) FROM order_items WHERE refund_requested_at IS NOT NULL"
        assert await column(refunded) == [1]
        prices = "SELECT DISTINCT price_cents FROM tickets WHERE section = 'Stalls' AND row IN ('F', 'G', 'K')"
        assert set(await column(prices)) == {6300, 6600, 6800}
        offered = "SELECT concat_ws(' ', delivery_method, code_count, is_sealed) FROM tickets"
        offered += " WHERE status = 'for_sale' AND delivery_method IS NOT NULL ORDER BY 1"
        assert await column(offered) == [
            "file 1 f",
            "file 1 f",
            "file 1 t",
            "link 0 f",
            "transfer",
            "transfer",
        ]
        sold = "SELECT method || ' ' || status FROM deliveries WHERE method IS NOT NULL ORDER BY 1"
        assert await column(sold) == [
            "file ready",
            "file ready",
            "transfer late",
            "transfer waiting",
        ]

    @pytest.mark.usefixtures("_small_market")
    async def test_refuses_a_market_with_tickets(self) -> None:
        assert (await run("seed-demo"))[0] == 0
        assert set(await column("SELECT status FROM tickets")) == {"for_sale", "sold"}
        code, out, err = await run("seed-demo")
        assert (code, out) == (1, "")
        assert err == "There are tickets already, and demo data are not mixed with them.\n"
        assert (await run("seed-demo", "--if-empty"))[0] == 0
        assert await column(COUNT) == [3]

    @pytest.mark.usefixtures("_small_market")
    async def test_sells_nothing_without_a_stand_in_of_stripe(
        self, change_settings: Callable[..., None]
    ) -> None:
        change_settings(stripe_api_base=f"http://127.0.0.1:{free_port()}", stripe_timeout_seconds=1)
        code, out, _ = await run("seed-demo")
        assert code == 0
        assert out.startswith("Stripe's stand-in does not answer")
        assert await column("SELECT count(*) FROM tickets WHERE status = 'sold'") == [0]

    async def test_rolls_back_if_an_account_exists(self) -> None:
        await factories.make_user(demo.EMAILS[-1])
        code, _, err = await run("seed-demo")
        assert (code, err) == (1, "Email in use\n")
        assert await column("SELECT email FROM users") == [demo.EMAILS[-1]]
        assert await column(COUNT) == [0]

    @pytest.mark.usefixtures("_small_market")
    async def test_refuses_in_production_without_option(
        self, change_settings: Callable[..., None]
    ) -> None:
        names = ["ticketing_env", "public_url", "stripe_api_base", "stripe_js_url"]
        names += [
            name.lower()
            for name in PRODUCTION
            if name.startswith(("OPERATOR_", "FILES_", "FINGERPRINT_"))
        ]
        change_settings(**{name: PRODUCTION[name.upper()] for name in names})
        code, _, err = await run("seed-demo")
        assert code == 1
        assert "This is production" in err
        assert await column(COUNT) == [0]
        assert (await run("seed-demo", "--in-production"))[0] == 0
