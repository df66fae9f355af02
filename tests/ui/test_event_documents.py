"""Documents of events, venues and cities."""

from decimal import Decimal

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from tests import factories
from tests.ui.document import opened
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.events.schemas import EventRead


async def change(statement: str, event: EventRead, **values: object) -> None:
    async with db.transaction() as session:
        await (await session.connection()).execute(text(statement), {"id": event.id, **values})


async def cancel(event: EventRead) -> None:
    await change("UPDATE events SET status = 'cancelled' WHERE id = :id", event)


class TestEvent:
    async def test_has_content_and_metadata(self, site: AsyncClient) -> None:
        event = await factories.make_event("Velvet Meridian", category="concert")
        await factories.make_listing("12", "13", event=event, price=68)
        await factories.make_ticket(eventId=str(event.id), price=Decimal("42.5"))
        page = await opened(site, f"/events/{event.slug}")
        url = f"{get_settings().public_url}/events/{event.slug}"
        assert page.status == 200
        assert page.titles == ["Velvet Meridian | GitTix"]
        assert page.canonical == page.named["og:url"] == url
        assert "3 for sale · from $42.50" in page.named["description"]
        assert page.named["og:image"] == f"{get_settings().public_url}/share/concert.png"
        assert page.says("3 for sale")
        assert page.says("Row F")
        assert not page.has_skeleton
        assert any(link.startswith("/tickets/") for link in page.links)
        assert {f"/venues/{event.venue.slug}", "/cities/rotterdam"} <= set(page.links)

    async def test_describes_the_offers_to_search_engines(self, site: AsyncClient) -> None:
        event = await factories.make_event("Velvet Meridian", category="concert")
        await factories.make_listing("12", "13", event=event, price=68)
        await factories.make_ticket(eventId=str(event.id), price=Decimal("42.5"))
        facts = (await opened(site, f"/events/{event.slug}")).event
        assert (facts["@type"], facts["name"]) == ("MusicEvent", "Velvet Meridian")
        assert facts["eventStatus"] == "https://schema.org/EventScheduled"
        assert facts["location"]["address"]["addressCountry"] == "NL"
        assert facts["offers"] == {
            "@type": "AggregateOffer",
            "url": facts["url"],
            "offerCount": 2,
            "lowPrice": "42.50",
            "highPrice": "68.00",
            "priceCurrency": "USD",
            "availability": "https://schema.org/InStock",
        }

    async def test_offers_that_are_held_have_no_price(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        await factories.hold(await factories.make_ticket(eventId=str(event.id), price=90))
        await factories.make_ticket(eventId=str(event.id), price=50)
        offers = (await opened(site, f"/events/{event.slug}")).event["offers"]
        assert (offers["offerCount"], offers["highPrice"]) == (1, "50.00")

    async def test_chooses_a_number_by_links(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        await factories.make_listing("12", "13", event=event, price=68, sideBySide=True)
        await factories.make_ticket(eventId=str(event.id), section="Balcony", seat="7")
        path = f"/events/{event.slug}"
        page = await opened(site, f"{path}?quantity=2")
        assert page.says("2 together")
        assert page.says("$136")
        assert not page.says("Balcony · Seat 7")
        assert f"{path}?quantity=3" in page.links
        page = await opened(site, f"{path}?quantity=3")
        assert page.says("No 3 together right now.")
        assert page.says("2 together from $68 each")

    async def test_sold_out_event_has_no_price(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        await factories.hold(await factories.make_ticket(eventId=str(event.id)))
        page = await opened(site, f"/events/{event.slug}")
        assert page.says("None for sale right now")
        assert page.event["offers"] | {"url": ""} == {
            "@type": "AggregateOffer",
            "url": "",
            "offerCount": 0,
            "availability": "https://schema.org/SoldOut",
        }

    async def test_cancelled_event_says_so(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        await cancel(event)
        page = await opened(site, f"/events/{event.slug}")
        assert page.status == 200
        assert page.says("This event was cancelled")
        assert page.event["eventStatus"] == "https://schema.org/EventCancelled"
        assert page.event["offers"]["availability"] == "https://schema.org/Discontinued"

    async def test_chooses_and_sorts_by_links(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        for section in ("Stalls", "Balcony"):
            await factories.make_ticket(eventId=str(event.id), section=section, seat="7")
        page = await opened(site, f"/events/{event.slug}?section=Stalls")
        assert page.says("Stalls · Seat 7")
        assert not page.says("Balcony · Seat 7")
        assert f"/events/{event.slug}?section=Balcony" in page.links
        assert page.canonical.endswith(event.slug)

    async def test_redirects_from_a_double(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        double = await factories.make_event()
        await change(
            "UPDATE events SET merged_into_id = :into WHERE id = :id", double, into=event.id
        )
        answer = await site.get(f"/events/{double.slug}?sort=section")
        assert answer.status_code == 301
        assert answer.headers["location"] == f"/events/{event.slug}?sort=section"

    @pytest.mark.parametrize("path", ["events/nothing", "venues/nothing", "cities/nowhere"])
    async def test_unknown_address_is_404(self, site: AsyncClient, path: str) -> None:
        page = await opened(site, f"/{path}")
        assert page.status == 404
        assert "/" in page.links

    async def test_revalidates_like_other_documents(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        first = await site.get(f"/events/{event.slug}")
        assert first.headers["cache-control"] == "no-cache"
        again = await site.get(
            f"/events/{event.slug}", headers={"if-none-match": first.headers["etag"]}
        )
        assert again.status_code == 304


class TestPlaces:
    @pytest.mark.parametrize("kind", ["venue", "city"])
    async def test_lists_upcoming_events(self, site: AsyncClient, kind: str) -> None:
        event = await factories.make_event("Velvet Meridian")
        await factories.make_ticket(eventId=str(event.id))
        path = {"venue": f"/venues/{event.venue.slug}", "city": "/cities/rotterdam"}[kind]
        page = await opened(site, path)
        assert page.status == 200
        assert page.canonical == f"{get_settings().public_url}{path}"
        assert "Rotterdam" in page.titles[0]
        assert "Velvet Meridian" in page.named["description"]
        assert page.says("1 left")
        assert f"/events/{event.slug}" in page.links

    async def test_venue_without_events_says_so(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        await cancel(event)
        page = await opened(site, f"/venues/{event.venue.slug}")
        assert page.status == 200
        assert page.says("Nothing is on here")

    async def test_redirects_from_a_double(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        double = await factories.make_event()
        statement = "UPDATE venues SET merged_into_id = :into WHERE id = :venue_id OR id = :id"
        await change(statement, double, into=event.venue.id, venue_id=double.venue.id)
        answer = await site.get(f"/venues/{double.venue.slug}")
        assert answer.status_code == 301
        assert answer.headers["location"] == f"/venues/{event.venue.slug}"


class TestTicketOfAnEvent:
    async def test_links_its_event(self, site: AsyncClient) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("12", "13", event=event, description="By the bar.")
        await factories.make_listing("20", event=event)
        path = f"/tickets/{listing.seats[0].ticket_id}"
        page = await opened(site, path)
        assert page.canonical == f"{get_settings().public_url}/events/{event.slug}"
        assert page.named["og:url"] == f"{get_settings().public_url}{path}"
        assert page.says("All 3 tickets for this night")
        assert page.says("1 more for this night")
        assert page.says("The seller writes")
        assert page.says("Price - $40")
        assert page.event["offers"]["@type"] == "Offer"
