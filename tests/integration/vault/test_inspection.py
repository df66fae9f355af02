"""Inspection of ticket files in the child process."""

from datetime import date, datetime

import pytest

from tests import ticket_files
from tests.ticket_files import Code
from ticketing_app.vault.inspection import sandbox
from ticketing_app.vault.inspection.results import FileKind, FileRefusedError


class TestInspect:
    async def test_finds_each_ticket_of_a_pdf(self) -> None:
        found = await sandbox.inspect(ticket_files.two_tickets())

        assert found.kind is FileKind.PDF
        assert found.removed == ()
        first, second = found.tickets
        assert [code.payload for code in first.codes] == [b"ticket-1-A1B2C3D4"]
        assert [code.payload for code in second.codes] == [b"ticket-2-E5F6A7B8"]
        assert (first.codes[0].symbology, first.codes[0].identifier) == ("QR Code", "]Q1")
        assert first.codes[0].svg
        assert first.clean.startswith(b"%PDF-")
        assert len(first.previews) == first.page_count == 1
        assert first.facts.title == "The Paper Lanterns"
        assert (first.facts.venue, first.facts.city) == ("Aurora Hall", "Vienna")
        assert first.facts.starts_local == datetime(2027, 5, 1, 20)  # noqa: DTZ001  # of the venue.
        assert (first.facts.section, first.facts.row, first.facts.seat) == ("B", "7", "12")
        assert (first.facts.price_cents, first.facts.currency) == (4500, "EUR")
        assert second.facts.seat == "13"

    async def test_reads_a_screenshot(self) -> None:
        found = await sandbox.inspect(ticket_files.screenshot(Code("A1B2C3D4E5F6")))

        (ticket,) = found.tickets
        assert found.kind is FileKind.PNG
        assert [code.payload for code in ticket.codes] == [b"A1B2C3D4E5F6"]
        assert ticket.clean.startswith(b"\x89PNG")

    async def test_reads_a_pass_and_leaves_it_as_it_is(self) -> None:
        data = ticket_files.pkpass()
        found = await sandbox.inspect(data)

        (ticket,) = found.tickets
        assert found.kind is FileKind.PASS
        assert ticket.clean == data
        assert [code.payload for code in ticket.codes] == [b"A1B2C3D4E5F6"]
        assert ticket.facts.days == (date(2027, 5, 1),)

    async def test_refuses_heic_with_a_remedy(self) -> None:
        with pytest.raises(FileRefusedError, match="HEIC") as refusal:
            await sandbox.inspect(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100)

        assert refusal.value.field == "file"
