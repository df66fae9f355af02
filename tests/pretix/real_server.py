"""Runs in the environment of a real pretix: serves it, with pages under /test/ for the contract tests."""
# ruff: noqa: E402
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import json
import sys
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import django

django.setup()  # Before the models are imported.

from django.utils.timezone import now
from django_scopes import scopes_disabled
from pretix.base.models import Event, Order, OrderPosition, Organizer
from pretix.base.models.organizer import Team
from pretix.wsgi import application

PRICE = Decimal(23)
PLUGINS = "pretix.plugins.ticketoutputpdf,pretix.plugins.banktransfer"
SELLER_NAME = {"_scheme": "full", "full_name": "Sam Seller"}


class Shop:
    """One organiser with one event, one product and one door."""

    def __init__(self, organizer: str, event: str, token: str) -> None:
        self.organizer = Organizer.objects.create(name="Acme", slug=organizer)
        begin = now() + timedelta(days=30)
        self.event = Event.objects.create(
            organizer=self.organizer,
            name="The Paper Lanterns",
            slug=event,
            currency="EUR",
            date_from=begin,
            plugins=PLUGINS,
            live=True,
        )
        self.event.set_defaults()
        self.event.settings.ticket_download = True
        self.event.settings.ticketoutput_pdf__enabled = True
        self.item = self.event.items.create(
            name="Ticket", default_price=PRICE, admission=True, personalized=True
        )
        team = Team.objects.create(
            organizer=self.organizer,
            name="resale",
            all_events=True,
            limit_event_permissions={"event.orders:read": True, "event.orders:write": True},
        )
        self.token = team.tokens.create(name="resale", token=token)
        self.list = self.event.checkin_lists.create(name="Door", all_products=True)

    def sell(self, email: str, count: int, status: str, *, in_account: bool) -> dict[str, object]:
        customer = None
        if in_account:
            customer = self.organizer.customers.create(email=email)
        order = Order.objects.create(
            event=self.event,
            email=email,
            status=status,
            datetime=now(),
            expires=now() + timedelta(days=10),
            total=PRICE * count,
            locale="en",
            customer=customer,
            sales_channel=self.organizer.sales_channels.get(identifier="web"),
        )
        for number in range(count):
            OrderPosition.objects.create(
                order=order,
                item=self.item,
                variation=None,
                price=PRICE,
                attendee_name_parts=SELLER_NAME,
                attendee_email=email,
                positionid=number + 1,
            )
        if status == "p":
            order.payments.create(amount=PRICE * count, state="confirmed", provider="banktransfer")
        path = f"/{self.organizer.slug}/{self.event.slug}/order/{order.code}/{order.secret}/"
        secrets = [position.secret for position in order.positions.all()]
        return {"code": order.code, "path": path, "secrets": secrets}

    def email_of(self, secret: str) -> str:
        return OrderPosition.objects.get(secret=secret).order.email


def serve(port: int, organizer: str, event: str, token: str) -> None:
    with scopes_disabled():
        shop = Shop(organizer, event, token)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith("/test/"):
            return application(environ, start_response)
        body = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        with scopes_disabled():
            found = getattr(shop, path.removeprefix("/test/"))(**body)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(found).encode()]

    server = make_server("127.0.0.1", port, answer, handler_class=_Quiet)
    print(json.dumps({"list": shop.list.pk}), flush=True)
    server.serve_forever()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as its base class.
        """Log nothing: the addresses carry secrets."""


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:5])
