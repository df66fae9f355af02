"""How an offer is delivered, in badges and sentences."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ticketing_app.core.clock import utc_now
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.schemas.deliveries import DeliveryRead
from ticketing_app.tickets.schemas.listings import OwnListingRead
from ticketing_app.ui.deliveries.badges import FROZEN, badge, file_label, promise_lines
from ticketing_app.ui.listings.cards import attached_line
from ticketing_app.vault.inspection.results import FileKind
from ticketing_app.vault.rules import LINK_KIND
from ticketing_app.vault.schemas import FileRead

FAR = {"starts_at": datetime(2099, 5, 1, 20, tzinfo=UTC), "timezone": "UTC"}


def promise(method: DeliveryMethod, **fields: Any) -> DeliveryRead:  # noqa: ANN401  # any field
    return DeliveryRead(method=method, **fields)


class TestBadge:
    @pytest.mark.parametrize(
        ("delivery", "label"),
        [
            (None, "Not checked"),
            (promise(DeliveryMethod.FILE, code_count=1), "File, checked"),
            (promise(DeliveryMethod.FILE, code_count=0), "File"),
            (promise(DeliveryMethod.REISSUE, code_count=1), "Re-issued in your name"),
            (promise(DeliveryMethod.LINK, code_count=0), "Link"),
            (
                promise(DeliveryMethod.TRANSFER, ready_on=date(2099, 4, 20), **FAR),
                "Transfer by Apr 21",
            ),
            (
                promise(DeliveryMethod.FILE_LATER, ready_on=date(2099, 4, 20), **FAR),
                "File by Apr 21",
            ),
        ],
    )
    def test_is_short_and_true(self, delivery: DeliveryRead | None, label: str) -> None:
        assert badge(delivery) == label

    def test_names_the_day_of_this_week(self) -> None:
        day = utc_now() + timedelta(hours=48)
        assert badge(promise(DeliveryMethod.TRANSFER)) == f"Transfer by {day:%a}"


class TestPromiseLines:
    @pytest.mark.parametrize(
        ("delivery", "words"),
        [
            (None, ["not checked", "no deadline"]),
            (
                promise(DeliveryMethod.FILE, code_count=1),
                ["1 barcode", "as soon as you pay", "copy"],
            ),
            (promise(DeliveryMethod.FILE, code_count=2), ["2 barcodes"]),
            (promise(DeliveryMethod.FILE, code_count=0), ["no barcode"]),
            (promise(DeliveryMethod.FILE, code_count=1, is_sealed=True), ["never opened"]),
            (promise(DeliveryMethod.REISSUE, is_sealed=True), ["in your name", "never opened"]),
            (promise(DeliveryMethod.LINK), ["Google Wallet link", "Not checked"]),
            (promise(DeliveryMethod.TRANSFER, issuer="axs", **FAR), ["in the AXS app by", "late"]),
            (promise(DeliveryMethod.TRANSFER, issuer="other", **FAR), ["the app of its issuer"]),
            (promise(DeliveryMethod.FILE_LATER, **FAR), ["uploads it by", "late"]),
        ],
    )
    def test_says_how_and_by_when(self, delivery: DeliveryRead | None, words: list[str]) -> None:
        lines = " ".join(promise_lines(delivery))
        assert [word for word in words if word not in lines] == []


@pytest.mark.parametrize(
    ("kind", "codes", "label"),
    [
        (FileKind.PDF, 1, "PDF, 1 barcode"),
        (FileKind.JPEG, 2, "Picture, 2 barcodes"),
        (FileKind.PASS, 0, "Apple Wallet pass, no barcode found: not checked"),
        (LINK_KIND, 0, "Google Wallet link"),
    ],
)
def test_file_label_says_what_is_attached(kind: str, codes: int, label: str) -> None:
    assert file_label(FileRead.model_construct(kind=kind, code_count=codes)) == label


@pytest.mark.parametrize(
    ("method", "line"),
    [
        (DeliveryMethod.FILE, "PDF, 1 barcode"),
        (DeliveryMethod.REISSUE, f"PDF, 1 barcode · {FROZEN}"),
    ],
)
def test_seller_is_told_that_a_ticket_is_frozen(method: DeliveryMethod, line: str) -> None:
    file = FileRead.model_construct(id=uuid4(), kind=FileKind.PDF, code_count=1)
    listing = OwnListingRead.model_construct(delivery=promise(method, file_ids=[file.id]))
    assert attached_line(listing, {file.id: file}) == line
