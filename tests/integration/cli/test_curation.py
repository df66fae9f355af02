"""Commands that correct events and venues."""

from datetime import timedelta

import pytest

from tests import factories
from tests.factories import UNKNOWN_ID
from tests.integration.cli.command_line import run
from tests.integration.events.makers import EVENING, make_event
from tests.integration.messaging.samples import column
from ticketing_app.core import redis
from ticketing_app.core.redis import BLOCK_SECONDS
from ticketing_app.messaging import outbox

pytestmark = pytest.mark.usefixtures("cities")


@pytest.fixture
async def cities(database: None) -> None:  # noqa: ARG001  # order only.
    """The cities of the factories."""
    await factories.make_cities()


class TestEvent:
    async def test_shows_by_slug_and_id(self) -> None:
        event = await make_event()
        for name in (event.slug, str(event.id)):
            code, out, err = await run("event", "show", name)
            assert (code, err) == (0, "")
            assert out.startswith(
                f"{event.id} {event.slug}\n    The Paper Lanterns, Harbour Hall, Porto"
            )

    async def test_moves(self) -> None:
        event = await make_event()
        later = EVENING + timedelta(days=1)
        code, out, _ = await run("event", "move", event.slug, f"{later:%FT%H:%M}")
        assert code == 0
        assert f"{later:%F %H:%M} Europe/Lisbon, moved" in out

    async def test_cancels(self) -> None:
        event = await make_event()
        code, out, _ = await run("event", "cancel", event.slug)
        assert code == 0
        assert "cancelled\nUnsold tickets are withdrawn" in out

    async def test_wakes_the_relay_before_it_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        event = await make_event()
        await outbox.finish_nudges()
        # Longer than the end of the command takes.
        monkeypatch.setattr(outbox, "NUDGE_DELAY_SECONDS", 0.5)
        async with redis.blocking_client() as client, client.pubsub() as pubsub:
            await pubsub.subscribe(outbox.NUDGE_CHANNEL)
            assert await pubsub.get_message(timeout=BLOCK_SECONDS)
            assert (await run("event", "cancel", event.slug))[0] == 0
            found = await pubsub.get_message(ignore_subscribe_messages=True, timeout=1)
        assert found

    async def test_merges(self) -> None:
        event = await make_event()
        double = await make_event("The Paper Lantern")
        code, out, _ = await run("event", "merge", double.slug, event.slug)
        assert (code, out.split()[0]) == (0, str(event.id))
        # Named by its old slug, the double is itself: its tickets are what an operator asks about.
        code, _, err = await run("event", "cancel", double.slug)
        assert (code, err) == (1, "This was merged into another one. Act on that one.\n")

    @pytest.mark.parametrize("name", ["nothing", UNKNOWN_ID])
    async def test_reports_an_unknown_event(self, name: str) -> None:
        code, _, err = await run("event", "cancel", name)
        assert (code, err) == (1, "We could not find this event.\n")

    @pytest.mark.parametrize("time", ["tonight", "2099-05-01T20:00Z"])
    async def test_reports_an_unreadable_time(self, time: str) -> None:
        code, _, err = await run("event", "move", "x", time)
        assert code == 1
        assert "is no local time" in err


class TestVenue:
    async def test_corrects_and_goes_on_with_its_events(self) -> None:
        event = await make_event()
        await make_event("Okapi Sundays")
        code, out, _ = await run(
            "venue", "correct", event.venue.slug, "--timezone", "Atlantic/Azores"
        )
        assert (code, out.split(".")[0]) == (0, "2 events were corrected")
        assert set(await column("SELECT timezone FROM events")) == {"Atlantic/Azores"}

    async def test_merges(self) -> None:
        event = await make_event()
        other = await make_event(venue="Foghorn Theatre")
        code, out, _ = await run("venue", "merge", str(event.venue.id), other.venue.slug)
        assert (code, out.split(".")[0]) == (0, "1 events were corrected")
        assert await column("SELECT count(*) FROM events WHERE merged_into_id IS NULL") == [1]

    @pytest.mark.parametrize("name", ["nothing", UNKNOWN_ID])
    async def test_reports_an_unknown_venue(self, name: str) -> None:
        code, _, err = await run("venue", "merge", name, name)
        assert (code, err) == (1, "We could not find this venue.\n")

    async def test_reports_an_unknown_time_zone(self) -> None:
        event = await make_event()
        code, _, err = await run("venue", "correct", event.venue.slug, "--timezone", "Mars/Olympus")
        assert code == 1
        assert err == "Timezone must be an IANA name, like Europe/Berlin.\n"
