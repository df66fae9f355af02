"""Buyers, sellers, Stripe and the background jobs of a payment test."""

from contextlib import suppress

from redis import Redis
from rq import Queue
from rq.exceptions import InvalidJobOperation
from rq.job import Job, JobStatus

from tests.outside.api_client import ApiClient, ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.emulator_client import EmulatorClient
from tests.outside.payer import Payer
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.core import queues

EXPIRE = "expiration.expire_due_orders"
# Charges first.
JOBS = (
    "work.payments.charge",
    "work.payments.refund",
    "work.payments.webhook",
    "work.payments.webhook_later",
)
MAKE_DUE = "UPDATE work SET due_at = now() WHERE due_at IS NOT NULL AND kind LIKE 'payments.%'"
# After a crash of a worker an event may wait for 10 s until it is sent again.
SETTLE_SECONDS = 60


class PaymentMarket:
    """Creates buyers with held tickets and runs jobs on demand; call `settle_down` at the end."""

    def __init__(self, site: Site, clients: ApiClients, probe: DatabaseProbe) -> None:
        self.site = site
        self.probe = probe
        self.stripe = EmulatorClient(site.stack.env)
        self._clients = clients
        self._seller: ApiClient | None = None
        self._redis = Redis.from_url(site.stack.env["REDIS_URL"])

    async def close(self) -> None:
        await self.stripe.close()
        self._redis.close()

    @property
    def seller(self) -> ApiClient:
        """The seller of all tickets; exists once a ticket is held.

        Raises:
            AssertionError: no ticket was held so far.
        """
        assert self._seller
        return self._seller

    async def hold(self, buyer: ApiClient | None = None) -> Payer:
        """Return a buyer, by default a new one, with a held ticket and no payment yet."""
        if self._seller is None:
            self._seller = await self._clients.sign_up()
        buyer = buyer or await self._clients.sign_up()
        ticket = await self._seller.sell()
        order = (await buyer.purchase(ticket["id"])).raise_for_status().json()
        return Payer(buyer, self.stripe, self.probe, order)

    async def payer(self) -> Payer:
        """Return a buyer with a held ticket and an open payment."""
        payer = await self.hold()
        payer.payment = (await payer.open_payment()).raise_for_status().json()
        return payer

    async def authorised(self) -> Payer:
        """Return a buyer with an authorised card, of which the site does not know yet."""
        await self.stripe.order("webhooks", mode="hold")
        payer = await self.payer()
        await payer.press_pay()
        await payer.enter_card()
        return payer

    async def stranger(self) -> ApiClient:
        """Return a new client."""
        return await self._clients.sign_up()

    async def stranger_gets(self, ticket_id: str) -> int:
        """Press Purchase as a new client; return the HTTP status."""
        return (await (await self.stranger()).purchase(ticket_id)).status_code

    async def expire(self) -> None:
        """Run the job that expires orders past their deadline."""
        await self.run(EXPIRE)

    async def sweep(self) -> None:
        """Do the work of all open payments and unhandled webhooks."""
        await self.make_due()
        for job in JOBS:
            await self.run(job)

    async def make_due(self) -> None:
        """Make every open payment and unhandled webhook due."""
        await self.probe.rows(MAKE_DUE)

    async def run(self, name: str) -> None:
        """Run this job on a worker and wait for its end.

        Raises:
            AssertionError: it failed, or no worker took it.
        """
        job = self.enqueue(name)
        await eventually(lambda: _has_ended(job))
        assert not Job.exists(job.id, self._redis), job.latest_result()

    def enqueue(self, name: str) -> Job:
        """Enqueue this job; it is deleted when it succeeds."""
        queue = queues.DEFAULT if name == EXPIRE else queues.OUTSIDE
        return Queue(queue, connection=self._redis, serializer=queues.Serializer).enqueue(
            name, result_ttl=0, failure_ttl=3600
        )

    async def settle_down(self) -> None:
        """Wait until every webhook is delivered and all work is finished."""
        await self.stripe.order("clear")
        await self.stripe.order("webhooks", mode="normal")
        await self.stripe.resend_undelivered()
        # Once: Stripe may send the webhook of a refund again a moment later, which changes nothing.
        try:
            await eventually(self._is_settled, seconds=SETTLE_SECONDS)
        except AssertionError:
            undelivered = (await self.stripe.books())["undelivered"]
            left = await self.probe.unfinished()
            raise AssertionError(f"left: {left}, webhooks undelivered: {undelivered}") from None

    async def _is_settled(self) -> bool:
        if (await self.stripe.books())["undelivered"]:
            return False
        if await self.probe.is_all_done():
            return True
        await self.expire()
        await self.sweep()
        return await self.probe.is_all_done()


def _has_ended(job: Job) -> bool:
    with suppress(InvalidJobOperation):
        return job.get_status() == JobStatus.FAILED
    return True  # A job that succeeded is deleted.
