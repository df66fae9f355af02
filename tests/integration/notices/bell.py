"""Notices of an account, as `tell` makes them."""

from typing import Any, cast
from uuid import UUID

import pytest

from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.notices import rules
from ticketing_app.notices.models import Notice
from ticketing_app.notices.rules import Channel, NoticeKind
from ticketing_app.notices.views.catalog import WORDINGS


async def make_notice(
    user: UserRead,
    kind: str = "sold",
    *,
    is_shown: bool = True,
    title: str = "The Paper Lanterns",
    **more: Any,  # noqa: ANN401  # any fact
) -> UUID:
    facts = {"title": title, "order_id": str(db.new_id()), "price_cents": 4000, **more}
    notice = Notice(
        user_id=user.id, kind=kind, key=str(db.new_id()), facts=facts, is_shown=is_shown
    )
    async with db.transaction() as session:
        session.add(notice)
    return notice.id


def use_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the kinds by an essential one, two others, and one that is only mailed."""
    bell, mail, push = Channel
    kinds = {
        "sold": NoticeKind(frozenset({bell, mail, push}), is_essential=True),
        "order_cancelled": NoticeKind(frozenset({bell, mail})),
        "order_started": NoticeKind(frozenset({bell, push})),
        "welcome": NoticeKind(frozenset({mail}), is_essential=True),
    }
    monkeypatch.setattr(rules, "KINDS", kinds)
    for kind in kinds:
        monkeypatch.setitem(cast("dict[str, Any]", WORDINGS), kind, WORDINGS["welcome"])
