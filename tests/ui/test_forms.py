"""Forms that the browser sends by itself: sign-up, sign-in, sign-out and Purchase, without JavaScript."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import quote
from uuid import UUID

import pytest
from httpx import AsyncClient, Cookies, Response
from typing_extensions import override

from tests import factories
from tests.ui.purchases import fields_of
from tests.ui.strangers import everything
from ticketing_app.accounts import auth
from ticketing_app.core.settings import get_settings
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.listings import ListingRead

ANA = {"email": "ana@gittix.test", "password": "correct horse"}
LEADING_AWAY = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/.//evil.example/login",
    "/x/..//evil.example",
    "/%09/evil.example\t",
    "javascript:alert(1)",
    "/\r\nSet-Cookie: a=b",
    "evil.example",
]


class Form(HTMLParser):
    """The first form in the content of a page."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.action = ""
        self.values: dict[str, str] = {}
        self.wrong: list[str] = []
        self.links: list[str] = []
        self.sentences: dict[str, str] = {}
        self._place: str | None = None
        self.feed(answer.text)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        self._place = facts.get("data-error-for")
        if tag == "form":
            assert facts["method"] == "post"
            self.action = self.action or facts["action"]
        elif tag == "input":
            self.values[facts["name"]] = facts.get("value", "")
            if facts.get("aria-invalid") == "true":
                self.wrong.append(facts["name"])
        elif tag == "a":
            self.links.append(facts["href"])

    @override
    def handle_data(self, data: str) -> None:
        if self._place is not None:
            self.sentences[self._place] = data
        self._place = None


async def signed_in(site: AsyncClient) -> str | None:
    """Return the address of the account that the client's cookie belongs to."""
    caller = await auth.authenticate(f"{auth.COOKIE}={site.cookies.get(auth.COOKIE)}")
    return caller.email if caller else None


def is_page(answer: Response) -> bool:
    return answer.headers["content-type"].startswith("text/html")


class TestSignUp:
    async def test_signs_up_and_leads_on(self, site: AsyncClient) -> None:
        answer = await site.post("/auth/signup?next=/tickets/new%3Fa%3Db", data=ANA)
        assert (answer.status_code, answer.headers["location"]) == (303, "/tickets/new?a=b")
        assert answer.headers["cache-control"] == "no-store"
        assert await signed_in(site) == ANA["email"]
        assert site.cookies["member"] == "1"

    async def test_leads_home_by_default(self, site: AsyncClient) -> None:
        answer = await site.post("/auth/signup", data=ANA)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")

    async def test_shows_what_is_wrong_at_the_field(self, site: AsyncClient) -> None:
        typed = {"email": 'ana@gittix.test"><b>', "password": "sh0rt"}
        answer = await site.post("/auth/signup?next=/orders", data=typed)
        form = Form(answer)
        assert (answer.status_code, is_page(answer)) == (400, True)
        assert answer.headers["cache-control"] == "no-store"
        assert form.wrong == ["email", "password"]
        assert "valid address" in form.sentences["email"]
        assert "at least 8" in form.sentences["password"]
        assert form.values == {"email": typed["email"], "password": ""}
        assert "sh0rt" not in answer.text
        assert form.action == "/auth/signup?next=%2Forders"
        assert await signed_in(site) is None

    async def test_rejects_known_address(self, site: AsyncClient) -> None:
        await site.post("/auth/signup", data=ANA)
        site.cookies.clear()
        answer = await site.post("/auth/signup", data=ANA)
        assert (answer.status_code, Form(answer).sentences["email"]) == (400, "Email in use")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\xff=%ff",
            b"email=%00&password=%00",
            b'{"email": "a"}',
            b"a=1&" * 30,
            b"x" * 70_000,
        ],
    )
    async def test_rejects_malformed_body_with_a_page(self, site: AsyncClient, body: bytes) -> None:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await site.post("/auth/signup", content=body, headers=headers)
        assert (answer.status_code, is_page(answer)) == (400, True)
        assert Form(answer).sentences

    async def test_limits_attempts(
        self, site: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signup_limit_per_hour=1)
        answers = [
            await site.post("/auth/signup", data=ANA | {"email": f"{n}@gittix.test"})
            for n in range(2)
        ]
        assert [answer.status_code for answer in answers] == [303, 429]
        assert int(answers[1].headers["retry-after"]) > 0
        assert Form(answers[1]).values["email"] == "1@gittix.test"


class TestSignIn:
    @pytest.fixture(autouse=True)
    async def account(self, site: AsyncClient) -> None:
        await site.post("/auth/signup", data=ANA)
        site.cookies.clear()

    async def test_signs_in_and_leads_on(self, site: AsyncClient) -> None:
        answer = await site.post("/auth/signin?next=/orders", data=ANA)
        assert (answer.status_code, answer.headers["location"]) == (303, "/orders")
        assert await signed_in(site) == ANA["email"]

    async def test_keeps_the_address_after_a_wrong_password(self, site: AsyncClient) -> None:
        answer = await site.post("/auth/signin", data=ANA | {"password": "wrong horse"})
        form = Form(answer)
        assert (answer.status_code, is_page(answer)) == (400, True)
        assert form.sentences == {"": "Invalid credentials"}
        assert form.values == {"email": ANA["email"], "password": ""}
        assert await signed_in(site) is None

    async def test_knows_the_device_again(
        self, site: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        await site.post("/auth/signin", data=ANA)
        change_settings(signin_limit_per_account_per_hour=1)
        known = site.cookies
        site.cookies = Cookies()
        wrong = ANA | {"password": "wrong horse"}
        guesses = [(await site.post("/auth/signin", data=wrong)).status_code for _ in range(2)]
        site.cookies = known
        assert guesses[1] == 429
        assert (await site.post("/auth/signin", data=ANA)).status_code == 303

    @pytest.mark.parametrize("wanted", LEADING_AWAY)
    async def test_never_leads_away(self, site: AsyncClient, wanted: str) -> None:
        address = f"/auth/signin?next={quote(wanted, safe='')}"
        answer = await site.post(address, data=ANA)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        page = Form(await site.get(address))
        assert page.action == "/auth/signin"
        assert not [link for link in page.links if "evil" in link]

    async def test_rejects_other_sites(self, site: AsyncClient) -> None:
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            answer = await site.post("/auth/signin", data=ANA, headers=headers)
            assert (answer.status_code, await signed_in(site)) == (403, None)
            assert "json" not in answer.headers["content-type"]

    async def test_accepts_own_origin(self, site: AsyncClient) -> None:
        headers = {"origin": get_settings().public_url, "sec-fetch-site": "same-origin"}
        answer = await site.post("/auth/signin", data=ANA, headers=headers)
        assert answer.status_code == 303


class TestSignOut:
    async def test_ends_the_session(self, site: AsyncClient) -> None:
        await site.post("/auth/signup", data=ANA)
        cookie = f"{auth.COOKIE}={site.cookies[auth.COOKIE]}"
        answer = await site.post("/auth/signout")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert await auth.authenticate(cookie) is None
        assert not {"member", auth.COOKIE} & set(site.cookies)

    async def test_without_session_does_no_harm(self, site: AsyncClient) -> None:
        assert (await site.post("/auth/signout")).status_code == 303


class TestNext:
    """A document leads on to `next`, also where its links are followed before the scripts run."""

    async def test_is_kept_by_form_and_links(self, site: AsyncClient) -> None:
        answer = await site.get("/auth/signin?next=/tickets/x%3Fpurchase%3D1")
        page = Form(answer)
        leading = "next=%2Ftickets%2Fx%3Fpurchase%3D1"
        assert page.action == f"/auth/signin?{leading}"
        assert f"/auth/signup?{leading}" in page.links
        assert "You pressed Purchase" in answer.text

    async def test_is_not_made_up(self, site: AsyncClient) -> None:
        answer = await site.get("/auth/signup")
        assert Form(answer).action == "/auth/signup"
        assert "You pressed Purchase" not in answer.text


class TestPurchase:
    async def test_leads_a_visitor_to_sign_up_and_back(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        address = f"/tickets/{ticket.id}"
        answer = await site.post(address, data=Form(await site.get(address)).values)
        wanted = f"/auth/signup?next=%2Ftickets%2F{ticket.id}"
        assert (answer.status_code, answer.headers["location"]) == (303, wanted)
        answer = await site.post(wanted, data=ANA)
        assert answer.headers["location"] == address

    async def test_holds_the_ticket_once(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        await site.post("/auth/signup", data=ANA)
        fields = Form(await site.get(f"/tickets/{ticket.id}")).values
        answers = [await site.post(f"/tickets/{ticket.id}", data=fields) for _ in range(2)]
        orders = {answer.headers["location"] for answer in answers}
        assert [answer.status_code for answer in answers] == [303, 303]
        (order,) = orders
        assert re.fullmatch(r"/orders/[0-9a-f-]{36}", order)

    async def test_shows_the_refusal_on_its_page(self, site: AsyncClient) -> None:
        held = await factories.make_ticket(title="Kites")
        await factories.hold(held)
        await site.post("/auth/signup", data=ANA)
        answer = await site.post(f"/tickets/{held.id}", data=fields_of(held))
        assert (answer.status_code, is_page(answer)) == (409, True)
        assert "Someone was quicker" in answer.text
        assert "Status - Locked" in answer.text

    async def test_refuses_a_changed_price_and_shows_the_new_one(self, site: AsyncClient) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        await site.post("/auth/signup", data=ANA)
        await factories.change_ticket(ticket, seller, price=90)
        before = await everything()
        answer = await site.post(f"/tickets/{ticket.id}", data=fields_of(ticket))
        assert await everything() == before
        assert (answer.status_code, is_page(answer)) == (409, True)
        assert "changed this offer" in answer.text
        assert "Price - $90" in answer.text
        answer = await site.post(f"/tickets/{ticket.id}", data=Form(answer).values)
        assert answer.headers["location"].startswith("/orders/")

    @pytest.mark.parametrize("fields", [{}, {"price_cents": "4000"}, {"ticket_id": "x"}])
    async def test_rejects_an_incomplete_form(
        self, site: AsyncClient, fields: dict[str, str]
    ) -> None:
        ticket = await factories.make_ticket()
        await site.post("/auth/signup", data=ANA)
        answer = await site.post(f"/tickets/{ticket.id}", data=fields)
        assert (answer.status_code, is_page(answer)) == (400, True)
        assert "could not see what you want to buy" in answer.text

    @pytest.mark.parametrize("ticket_id", [str(UUID(int=1)), "nonsense", "%00"])
    async def test_rejects_unknown_ticket(self, site: AsyncClient, ticket_id: str) -> None:
        await site.post("/auth/signup", data=ANA)
        answer = await site.post(f"/tickets/{ticket_id}", data={"ticket_id": ticket_id})
        assert answer.status_code == 404

    async def test_rejects_other_sites(self, site: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        await site.post("/auth/signup", data=ANA)
        answer = await site.post(
            f"/tickets/{ticket.id}",
            data=fields_of(ticket),
            headers={"origin": "https://evil.example"},
        )
        assert answer.status_code == 403


class TestPurchaseOnTheEventPage:
    async def test_holds_the_pair_of_the_row(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing(
            "11", "12", "13", event=event, price=68, sideBySide=True
        )
        address = f"/events/{event.slug}?quantity=2"
        form = Form(await site.get(address))
        assert form.action == address
        await site.post("/auth/signup", data=ANA)
        answer = await site.post(address, data=form.values)
        assert answer.headers["location"].startswith("/orders/")
        assert await count_held(listing) == 2

    async def test_holds_the_number_chosen_in_the_row(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("12", "13", "14", event=event, price=68)
        address = f"/events/{event.slug}"
        shown = await site.get(address)
        assert '<option value="3">3 tickets · $204</option>' in shown.text
        await site.post("/auth/signup", data=ANA)
        # The field of the select comes after the hidden ones.
        fields = Form(shown).values | {"quantity": "3"}
        await site.post(address, data=fields)
        assert await count_held(listing) == 3

    async def test_leads_a_visitor_to_sign_up_and_back(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        await factories.make_listing("12", "13", event=event, sideBySide=True)
        address = f"/events/{event.slug}?quantity=2"
        answer = await site.post(address, data=Form(await site.get(address)).values)
        wanted = f"/auth/signup?next={quote(address, safe='')}"
        assert (answer.status_code, answer.headers["location"]) == (303, wanted)

    async def test_shows_the_refusal_above_what_is_left(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("12", "13", event=event, sideBySide=True)
        address = f"/events/{event.slug}?quantity=2"
        fields = Form(await site.get(address)).values
        await factories.hold(await factories.read_ticket(listing.seats[0].ticket_id))
        await site.post("/auth/signup", data=ANA)
        answer = await site.post(address, data=fields)
        assert (answer.status_code, is_page(answer)) == (409, True)
        assert "Only one of these tickets is left. You were not charged." in answer.text
        assert "No 2 together right now." in answer.text


async def count_held(listing: ListingRead) -> int:
    tickets = [await factories.read_ticket(seat.ticket_id) for seat in listing.seats]
    return sum(ticket.status is Availability.LOCKED for ticket in tickets)
