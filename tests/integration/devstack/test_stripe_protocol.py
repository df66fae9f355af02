"""Keys, parameters, retries and lists behave as Stripe documents them, seen through the real SDK over HTTP."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import stripe

from tests.integration.devstack.stripe_tools import Emulator, until


class TestParameters:
    @pytest.mark.parametrize(
        ("changed", "code", "param"),
        [
            ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
            ({"amount": 49}, "amount_too_small", "amount"),
            ({"amount": 100_000_000}, "amount_too_large", "amount"),
            ({"capture_method": "later"}, None, "capture_method"),
            ({"currency": "money"}, None, "currency"),
            ({"receipt_email": "nobody"}, "email_invalid", "receipt_email"),
            ({"statement_descriptor_suffix": "123"}, None, "statement_descriptor_suffix"),
            ({"allowed_payment_method_types": ["link"]}, None, "allowed_payment_method_types"),
        ],
    )
    async def test_refuses_what_stripe_refuses(
        self, emulator: Emulator, changed: dict[str, Any], code: str | None, param: str
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            await emulator.new(**changed)
        assert (caught.value.code, caught.value.param) == (code, param)
        assert (await emulator.books())["intents"] == []

    async def test_refuses_unimplemented_parameters(self, emulator: Emulator) -> None:
        with pytest.raises(stripe.InvalidRequestError, match=r"does not implement \['customer'\]"):
            await emulator.new(customer="cus_1")
        with pytest.raises(stripe.InvalidRequestError, match="does not know this request"):
            await emulator.client.v1.customers.create_async()

    async def test_refuses_to_expand_other_fields(self, emulator: Emulator) -> None:
        intent = await emulator.authorised()
        assert isinstance(intent.latest_charge, str)
        shown = await emulator.client.v1.charges.retrieve_async(
            intent.latest_charge, {"expand": ["payment_intent"]}
        )
        assert shown["payment_intent"]["latest_charge"] == intent.latest_charge
        for name in ("amount", "latest_charge.payment_intent", "nonsense"):
            with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
                await emulator.intents.retrieve_async(intent.id, {"expand": [name]})


class TestWrongRequests:
    async def wrong(self, emulator: Emulator) -> list[str]:
        return (await emulator.books())["wrong_requests"]

    async def test_are_listed_until_the_next_reset(self, emulator: Emulator) -> None:
        evidence: Any = {"foo": "bar"}
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: emulator.new(foo="bar"),
            lambda: emulator.new(customer="cus_1"),
            lambda: emulator.client.v1.customers.retrieve_async("cus_1"),
            lambda: emulator.client.v1.refunds.list_async({"limit": 101}),
            lambda: emulator.client.v1.disputes.update_async("dp_1", {"evidence": evidence}),
        ]
        for attempt in attempts:
            with pytest.raises(stripe.InvalidRequestError):
                await attempt()
        assert await self.wrong(emulator) == [
            "POST /v1/payment_intents: Received unknown parameter: foo",
            "POST /v1/payment_intents: The emulator does not implement ['customer'] here.",
            "GET /v1/customers/cus_1: The emulator does not know this request: GET customers/*.",
            "GET /v1/refunds: Limit must be between 1 and 100.",
            "POST /v1/disputes/dp_1: Received unknown parameter: evidence[foo]",
        ]
        await emulator.control("reset")
        assert await self.wrong(emulator) == []

    async def test_exclude_requests_that_the_state_forbids(self, emulator: Emulator) -> None:
        intent = await emulator.new("once")
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: emulator.new(confirm=True, payment_method="pm_card_visa_chargeDeclined"),
            lambda: emulator.intents.capture_async(intent.id),
            lambda: emulator.intents.retrieve_async("pi_unknown"),
            lambda: emulator.new("once", amount=9900),
        ]
        for attempt in attempts:
            with pytest.raises(stripe.StripeError):
                await attempt()
        assert await self.wrong(emulator) == []

    async def test_exclude_requests_of_browsers(self, emulator: Emulator) -> None:
        answer = await emulator.browser(await emulator.new(), "confirm", foo="bar")
        assert answer["error"]["code"] == "parameter_unknown"
        assert await self.wrong(emulator) == []


class TestKeys:
    @pytest.mark.parametrize("key", ["sk_live_one", "nonsense", "sk_test_"])
    async def test_refuses_all_but_test_keys(self, emulator: Emulator, key: str) -> None:
        with pytest.raises(stripe.AuthenticationError):
            await emulator.sdk(key).v1.payment_intents.list_async()

    async def test_publishable_key_needs_the_client_secret(self, emulator: Emulator) -> None:
        intent = await emulator.new(metadata={"order_id": "1"})
        form = {"key": "pk_test_one", "client_secret": "guessed"}
        answer = await emulator.http.get(f"/v1/payment_intents/{intent.id}", params=form)
        assert answer.json()["error"]["code"] == "payment_intent_invalid_parameter"
        form["client_secret"] = str(intent.client_secret)
        answer = await emulator.http.get(f"/v1/payment_intents/{intent.id}", params=form)
        assert answer.json()["id"] == intent.id
        assert "metadata" not in answer.json()

    async def test_publishable_key_is_no_secret_key(self, emulator: Emulator) -> None:
        intent = await emulator.authorised()
        browser = emulator.sdk("pk_test_one").v1
        attempts: list[Callable[[], Awaitable[object]]] = [
            browser.payment_intents.list_async,
            lambda: browser.payment_intents.capture_async(intent.id),
            lambda: browser.refunds.create_async({"payment_intent": intent.id}),
        ]
        for attempt in attempts:
            with pytest.raises(stripe.AuthenticationError, match="publishable API key"):
                await attempt()

    async def test_other_origins_may_use_the_api_but_not_the_controls(
        self, emulator: Emulator
    ) -> None:
        origin = {"Origin": "http://localhost:3000"}
        answer = await emulator.http.get("/v1/payment_intents", headers=origin)
        assert answer.headers["access-control-allow-origin"] == "*"
        answer = await emulator.http.post("/_emulator/reset", headers=origin)
        assert answer.status_code == 403

    async def test_refuses_another_version_of_the_api(self, emulator: Emulator) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="API version"):
            await emulator.intents.list_async(options={"stripe_version": "2023-08-16"})


class TestIdempotency:
    async def test_same_key_gives_the_same_intent(self, emulator: Emulator) -> None:
        results = await asyncio.gather(*(emulator.new("one") for _ in range(10)))
        assert len({result.id for result in results}) == 1
        assert len((await emulator.books())["intents"]) == 1

    async def test_replayed_response_is_marked(self, emulator: Emulator) -> None:
        await emulator.new("marked")
        again = await emulator.new("marked")
        assert again.last_response is not None
        assert again.last_response.headers["idempotent-replayed"] == "true"

    async def test_same_key_with_other_parameters_is_an_error(self, emulator: Emulator) -> None:
        await emulator.new("two")
        with pytest.raises(stripe.IdempotencyError):
            await emulator.new("two", amount=99)

    async def test_key_of_a_running_request_is_in_use(self, emulator: Emulator) -> None:
        await emulator.control("fault", match="payment_intents$", do="delay", seconds=0.5)
        results = await asyncio.gather(
            *(emulator.new("three") for _ in range(2)), return_exceptions=True
        )
        refused = [result for result in results if isinstance(result, stripe.APIError)]
        made = [result for result in results if isinstance(result, stripe.PaymentIntent)]
        assert [error.http_status for error in refused] == [409]
        assert "in-progress request" in str(refused[0])
        assert (await emulator.new("three")).id == made[0].id

    async def test_decline_is_replayed(self, emulator: Emulator) -> None:
        fields = {"confirm": True, "payment_method": "pm_card_visa_chargeDeclined"}
        for _ in range(2):
            with pytest.raises(stripe.CardError):
                await emulator.new("four", **fields)
        assert len((await emulator.books())["charges"]) == 1

    async def test_refused_parameters_do_not_use_up_the_key(self, emulator: Emulator) -> None:
        with pytest.raises(stripe.InvalidRequestError):
            await emulator.new("five", payment_method_types=["card"])
        assert (await emulator.new("five")).id


class TestFaults:
    async def test_lost_response_hides_executed_request(self, emulator: Emulator) -> None:
        await emulator.control("fault", match="POST /v1/payment_intents$", do="lost")
        with pytest.raises(stripe.APIConnectionError):
            await emulator.new("lost")
        assert len((await emulator.books())["intents"]) == 1
        found = await emulator.new("lost")
        assert [found.id] == [row["id"] for row in (await emulator.books())["intents"]]

    @pytest.mark.parametrize(
        ("kind", "error"),
        [
            ("500", stripe.APIError),
            ("429", stripe.RateLimitError),
            ("lock_timeout", stripe.RateLimitError),
            ("down", stripe.APIError),
        ],
    )
    async def test_transient_failure_has_no_effect(
        self, emulator: Emulator, kind: str, error: type[Exception]
    ) -> None:
        await emulator.control("fault", match="payment_intents", do=kind, times=2)
        for _ in range(2):
            with pytest.raises(error):
                await emulator.new(kind)
        assert (await emulator.books())["intents"] == []
        assert (await emulator.new(kind)).id

    async def test_latency_delays_responses(self, emulator: Emulator) -> None:
        await emulator.control("latency", seconds=0.2)
        started = time.monotonic()
        await asyncio.gather(*[emulator.new() for _ in range(5)])
        assert time.monotonic() - started >= 0.2
        await emulator.control("reset")

    async def test_sdk_retries_transient_failures(self, emulator: Emulator) -> None:
        patient = emulator.sdk("sk_test_one", retries=1).v1.refunds
        await emulator.control("fault", match="refunds", do="500")
        assert (await patient.list_async()).data == []
        await emulator.control("fault", match="refunds", do="down")
        with pytest.raises(stripe.APIError):
            await patient.list_async()

    @pytest.mark.parametrize(("late", "intents"), [(False, 0), (True, 1)])
    async def test_stored_500_stays_under_its_key(
        self, emulator: Emulator, *, late: bool, intents: int
    ) -> None:
        await emulator.control("fault", match="payment_intents", do="stored500", late=late)
        for _ in range(2):
            with pytest.raises(stripe.APIError):
                await emulator.new("stored")
        assert len((await emulator.books())["intents"]) == intents
        assert (await emulator.new("next")).id

    async def test_delayed_request_does_not_block_others(self, emulator: Emulator) -> None:
        intent = await emulator.authorised()
        await emulator.control("fault", match="capture", do="delay", seconds=0.3, late=True)
        capture = asyncio.create_task(emulator.intents.capture_async(intent.id))

        async def captured() -> bool:
            return (await emulator.intents.retrieve_async(intent.id)).status == "succeeded"

        await until(captured)
        assert not capture.done()
        assert (await capture).status == "succeeded"

    async def test_cleared_faults_do_not_happen(self, emulator: Emulator) -> None:
        await emulator.control("fault", match="payment_intents", do="down", times=9)
        await emulator.control("clear")
        assert (await emulator.new()).id

    @pytest.mark.parametrize(
        "fields", [{"match": "(", "do": "lost"}, {"match": "x", "do": "magic"}, {"what": 1}]
    )
    async def test_refuses_invalid_faults(
        self, emulator: Emulator, fields: dict[str, object]
    ) -> None:
        answer = await emulator.http.post("/_emulator/fault", json=fields)
        assert answer.status_code == 400


class TestLists:
    async def test_pages_newest_first(self, emulator: Emulator) -> None:
        made = [(await emulator.new()).id for _ in range(5)]
        page = await emulator.intents.list_async({"limit": 2})
        assert [row.id for row in page.data] == made[:-3:-1]
        assert page.has_more
        seen = [row.id async for row in page.auto_paging_iter()]
        assert seen == made[::-1]

    async def test_filters_by_time_and_owner(self, emulator: Emulator) -> None:
        intent = await emulator.authorised()
        await emulator.authorised()
        lists = emulator.intents.list_async
        assert (await lists({"created": {"gte": intent.created + 60}})).data == []
        assert len((await lists({"created": {"gte": intent.created, "lt": 2**40}})).data) == 2
        charges = await emulator.client.v1.charges.list_async(
            {"payment_intent": intent.id, "expand": ["data.payment_intent"]}
        )
        assert [row["payment_intent"]["id"] for row in charges.data] == [intent.id]

    @pytest.mark.parametrize("asked", ["limit=0", "limit=101", "starting_after=pi_1"])
    async def test_refuses_impossible_pages(self, emulator: Emulator, asked: str) -> None:
        answer = await emulator.http.get(f"/v1/payment_intents?key=sk_test_one&{asked}")
        assert answer.status_code == 400

    async def test_events_record_every_step(self, emulator: Emulator) -> None:
        intent = await emulator.authorised()
        await emulator.intents.capture_async(intent.id)
        await emulator.client.v1.refunds.create_async({"payment_intent": intent.id})
        story = [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.amount_capturable_updated",
            "payment_intent.succeeded",
            "charge.captured",
            "refund.created",
            "charge.refunded",
            "refund.updated",
        ]

        async def is_updated() -> bool:
            events = await emulator.client.v1.events.list_async({"limit": 100})
            return [event.type for event in reversed(events.data)] == story

        await until(is_updated)
        events = await emulator.client.v1.events.list_async({"type": "charge.refunded"})
        newest = await emulator.client.v1.events.retrieve_async(events.data[0].id)
        assert newest.api_version == stripe.api_version
        assert newest.data.object["amount_refunded"] == 2500
        some = await emulator.client.v1.events.list_async(
            {"types": ["refund.created", "charge.captured"], "delivery_success": True}
        )
        assert [event.type for event in some.data] == ["refund.created", "charge.captured"]
