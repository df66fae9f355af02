from collections.abc import Callable

import pytest

from tests import factories
from tests.integration.notices import sends
from tests.integration.notices.mail_server import MailServer
from ticketing_app.core import db, queues, redis
from ticketing_app.notices.gateway.smtp import MailDeferredError
from ticketing_app.notices.service import pauses, sending
from ticketing_app.work import jobs as work
from ticketing_app.work import nudge


class TestSendMail:
    async def test_sends_and_records(self, mails: MailServer) -> None:
        await sends.welcome("ana@gittix.test")
        await sends.send_all()
        [mail] = mails.mails
        [send_id] = await sends.send_ids()
        assert mail["To"] == "ana@gittix.test"
        assert mail["Message-ID"] == f"<{send_id}@ticketing.dev>"
        assert await sends.column(
            "SELECT sent_at IS NOT NULL FROM sends WHERE status = 'sent'"
        ) == [True]

    async def test_sends_once(self, mails: MailServer) -> None:
        await sends.welcome("ana@gittix.test")
        await sends.send_all()
        [send_id] = await sends.send_ids()
        await sending.send_mail(db.transaction, str(send_id))
        await sending.send_mail(db.transaction, factories.UNKNOWN_ID)
        assert len(mails.mails) == 1

    async def test_reuses_its_connection(self, mails: MailServer) -> None:
        for name in ("ana", "ben", "cleo"):
            await sends.welcome(f"{name}@gittix.test")
        await sends.send_all()
        assert (len(mails.mails), mails.connections) == (3, 1)

    async def test_follows_the_address_of_the_account(self, mails: MailServer) -> None:
        user = await sends.welcome("typo@gittix.test")
        await sends.column(
            "UPDATE users SET email = 'right@gittix.test' WHERE id = :id RETURNING id", id=user.id
        )
        await sends.send_all()
        assert mails.mails[0]["To"] == "right@gittix.test"
        assert await sends.column("SELECT address FROM sends") == ["right@gittix.test"]

    async def test_mails_any_address(self, mails: MailServer) -> None:
        await sends.welcome("jürgen@bücher.test")
        await sends.send_all()
        assert "jürgen@xn--bcher-kva.test" in mails.sources[0]

    async def test_drops_without_a_server(
        self,
        database: None,  # noqa: ARG002  # order only.
        change_settings: Callable[..., None],
    ) -> None:
        change_settings(mail_url="")
        await sends.welcome("ana@gittix.test")
        await sends.send_all()
        assert await sends.column("SELECT status || ': ' || reason FROM sends") == [
            "dropped: MAIL_URL is not set."
        ]


class TestFailures:
    async def test_bounce_suppresses_the_address(self, mails: MailServer) -> None:
        await sends.welcome("bounce@gittix.test")
        await sends.send_all()
        assert await sends.statuses() == ["bounced"]
        assert await sends.column("SELECT address || ': ' || detail FROM suppressions") == [
            "bounce@gittix.test: 550 5.1.1 No such mailbox"
        ]
        assert mails.mails == []

    async def test_refusal_by_policy_does_not_suppress(self, mails: MailServer) -> None:
        await sends.welcome("blocked@gittix.test")
        await sends.send_all()
        assert await sends.statuses() == ["bounced"]
        assert await sends.column("SELECT address FROM suppressions") == []
        assert mails.mails == []

    async def test_suppressed_address_gets_no_mail(self, mails: MailServer) -> None:
        user = await sends.welcome("bounce@gittix.test")
        await sends.send_all()
        await sends.tell(user, "welcome", "again")
        await sends.send_all()
        assert await sends.statuses() == ["bounced", "suppressed"]
        assert mails.connections == 1

    async def test_refused_content_ends(self, mails: MailServer) -> None:
        await sends.welcome("refused@gittix.test")
        await sends.send_all()
        assert await sends.column("SELECT status || ': ' || reason FROM sends") == [
            "refused: 554 5.6.0 Content refused"
        ]
        # The connection is still usable.
        await sends.welcome("ana@gittix.test")
        await sends.send_all()
        assert (len(mails.mails), mails.connections) == (1, 1)

    async def test_busy_mailbox_is_tried_again(self, mails: MailServer) -> None:
        await sends.welcome("busy@gittix.test")
        with pytest.raises(MailDeferredError, match=r"451 4\.2\.1"):
            await sends.send_all()
        assert await sends.statuses() == ["due"]
        assert await pauses.get_rest("gittix.test") is None
        assert mails.mails == []

    async def test_lost_connection_repeats_the_same_message(self, mails: MailServer) -> None:
        await sends.welcome("cut@gittix.test")
        for _ in range(2):
            with pytest.raises(MailDeferredError):
                await sends.send_all()
        first, second = (mail["Message-ID"] for mail in mails.mails)
        assert first == second
        assert await sends.statuses() == ["due"]

    async def test_no_server_at_the_address(
        self, mails: MailServer, change_settings: Callable[..., None]
    ) -> None:
        change_settings(mail_url="smtp://127.0.0.1:1")
        await sends.welcome("ana@gittix.test")
        with pytest.raises(MailDeferredError):
            await sends.send_all()
        assert await sends.statuses() == ["due"]
        assert mails.mails == []


class TestPause:
    async def test_limit_of_a_provider_pauses_its_domain_only(self, mails: MailServer) -> None:
        await sends.welcome("throttle@gittix.test")
        with pytest.raises(MailDeferredError, match="421"):
            await sends.send_all()
        await sends.welcome("ana@gittix.test")
        await sends.welcome("ben@elsewhere.test")
        waits = [
            await sending.send_mail(db.transaction, str(send_id))
            for send_id in await sends.send_ids()
        ]
        assert [bool(wait) for wait in waits] == [True, True, False]
        assert [mail["To"] for mail in mails.mails] == ["ben@elsewhere.test"]

    async def test_old_mail_is_tried_in_spite_of_it(self, mails: MailServer) -> None:
        await sends.welcome("ana@gittix.test")
        await sends.column(
            "UPDATE sends SET created_at = created_at - interval '7 hours' RETURNING id"
        )
        await pauses.pause("gittix.test")
        await sends.send_all()
        assert len(mails.mails) == 1

    async def test_outage_of_redis_pauses_nothing(
        self, mails: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail() -> None:
            raise redis.RedisError

        await sends.welcome("ana@gittix.test")
        monkeypatch.setattr(redis, "client", fail)
        await pauses.pause("gittix.test")
        await sends.send_all()
        assert len(mails.mails) == 1


class TestWork:
    async def test_is_done_as_work(self, mails: MailServer) -> None:
        await sends.welcome("ana@gittix.test")
        await work.do_due("notices.mail")
        assert len(mails.mails) == 1
        assert await sends.column("SELECT key FROM work") == []

    async def test_waits_and_tries_again_after_a_failure(self, mails: MailServer) -> None:
        await sends.welcome("busy@gittix.test")
        await work.do_due("notices.mail")
        assert await sends.column("SELECT tries FROM work WHERE due_at > now()") == [1]
        assert mails.mails == []

    async def test_flushed_redis_loses_nothing(self, mails: MailServer) -> None:
        await sends.welcome("ana@gittix.test")
        await nudge.finish()
        await redis.client().flushall()
        await work.do_all_due()
        await nudge.finish()
        assert queues.get_queue(queues.OUTSIDE).count == 1
        await work.do_due("notices.mail")
        assert len(mails.mails) == 1
