from datetime import UTC, datetime

import pytest

from ticketing_app.notices import rules
from ticketing_app.notices.rules import Channel, NoticeKind

SALE = NoticeKind(frozenset({Channel.BELL, Channel.MAIL}))
RECEIPT = NoticeKind(frozenset({Channel.BELL, Channel.MAIL}), is_essential=True)
RESET = NoticeKind(frozenset({Channel.MAIL}), is_essential=True, is_security=True)


class TestWantedChannels:
    def test_uses_the_defaults(self) -> None:
        assert rules.wanted_channels(SALE, {}) == {Channel.BELL, Channel.MAIL}

    def test_follows_the_choices(self) -> None:
        choices = {Channel.MAIL: False, Channel.PUSH: True}
        assert rules.wanted_channels(SALE, choices) == {Channel.BELL, Channel.PUSH}

    @pytest.mark.parametrize("kind", [RECEIPT, RESET])
    def test_ignores_choices_against_essential_mails(self, kind: NoticeKind) -> None:
        assert rules.wanted_channels(kind, {Channel.MAIL: False}) == kind.channels

    def test_keeps_the_bell(self) -> None:
        assert Channel.BELL in rules.wanted_channels(SALE, {Channel.BELL: False})

    def test_pushes_nothing_that_the_bell_does_not_show(self) -> None:
        assert rules.wanted_channels(RESET, {Channel.PUSH: True}) == {Channel.MAIL}


class TestReplies:
    @pytest.mark.parametrize(
        ("code", "text", "is_unknown"),
        [
            (550, "5.1.1 no such mailbox", True),
            (554, "5.1.10 null MX", True),
            (550, "no such user here", True),
            (550, "5.7.1 refused by policy", False),
            (554, "refused by policy", False),
            (552, "5.2.2 mailbox full", False),
        ],
    )
    def test_tells_unknown_mailboxes_from_other_refusals(
        self, code: int, text: str, *, is_unknown: bool
    ) -> None:
        assert rules.is_mailbox_unknown(code, text) is is_unknown

    @pytest.mark.parametrize(
        ("code", "text", "is_pause"),
        [
            (421, "too many connections", True),
            (450, "4.7.0 try later", True),
            (450, "4.2.1 mailbox busy", False),
            (451, "4.7.1 greylisted", False),
        ],
    )
    def test_recognises_limits_of_a_provider(self, code: int, text: str, *, is_pause: bool) -> None:
        assert rules.asks_for_pause(code, text) is is_pause


class TestNextDigestAt:
    @pytest.mark.parametrize(("hour", "day"), [(7, 30), (8, 31), (23, 31)])
    def test_is_the_next_morning(self, hour: int, day: int) -> None:
        now = datetime(2026, 12, 30, hour, tzinfo=UTC)
        assert rules.next_digest_at(now) == datetime(2026, 12, day, 8, tzinfo=UTC)
