"""The act of a mail: reload, draw, hand over to the mail server, record."""

from dataclasses import replace
from datetime import timedelta
from email.utils import parseaddr
from uuid import UUID

from prometheus_client import Counter
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.service import users
from ticketing_app.core import db, metrics
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.notices import letter as letters
from ticketing_app.notices import repository, rules
from ticketing_app.notices.gateway import reports, smtp
from ticketing_app.notices.gateway.smtp import MailDeferredError
from ticketing_app.notices.letter import Letter
from ticketing_app.notices.rules import SendStatus
from ticketing_app.notices.schemas import DueMail, Reply
from ticketing_app.notices.service import digesting, pauses, preparing, stopping
from ticketing_app.notices.views import catalog

NO_SERVER = "MAIL_URL is not set."
NOT_NEEDED = "It was no longer needed."

# About as long as twelve attempts with their pauses.
PATIENCE = timedelta(hours=6)

MAILS = Counter("gittix_mails_total", "Mails by their outcome.", ["outcome"])
metrics.start_at_zero(MAILS, [status for status in SendStatus if status is not SendStatus.DUE])

log = get_logger()


async def send_mail(transaction: db.Transaction, key: str) -> timedelta | None:
    """Send the mail with this id, unless it has ended; raises MailDeferredError to be called again."""
    async with transaction() as session:
        mail = await read_mail(session, UUID(key))
    if mail is None:
        return None
    wait = await pauses.get_rest(_domain(mail.address))
    # A provider that limits us for ever must not hide its mails from operators.
    if wait and mail.age < PATIENCE:
        return wait
    async with transaction() as session:
        letter = await _prepare(session, mail)
    if letter:
        await _record(transaction, mail, await _deliver(mail, letter))
    return None


async def read_mail(session: AsyncSession, send_id: UUID) -> DueMail | None:
    """Return the mail, to the present address of the account; None if it has ended."""
    mail = await repository.get_due_mail(session, send_id)
    if mail is None or mail.user_id is None:
        return mail
    user = await users.get_user(session, user_id=mail.user_id)
    is_own = user.email == mail.address
    if not is_own and not rules.KINDS[mail.kind].is_security:
        # The account has another address by now.
        await repository.set_address(session, mail.id, user.email)
        mail = mail.model_copy(update={"address": user.email})
        is_own = True
    is_confirmed = is_own and user.email_confirmed_at is not None
    return mail.model_copy(update={"is_confirmed": is_confirmed})


async def _deliver(mail: DueMail, letter: Letter) -> Reply:
    settings = get_settings()
    to = _in_ascii_domain(mail.address)
    message = letters.message(
        letter,
        sender=settings.mail_sender,
        to=to,
        message_id=f"{mail.id}@{_domain(settings.mail_sender)}",
        reply_to=settings.mail_reply_to,
    )
    message[reports.SEND_ID_HEADER] = str(mail.id)
    try:
        return await smtp.deliver(
            letters.to_bytes(message),
            sender=parseaddr(settings.mail_sender)[1],
            recipient=to,
        )
    except MailDeferredError as error:
        if error.asks_for_pause:
            await pauses.pause(_domain(mail.address))
        raise


async def _prepare(session: AsyncSession, mail: DueMail) -> Letter | None:
    """Return the letter, or end the send."""
    refusal = await _refuse(session, mail)
    facts = None if refusal else await preparing.prepare(session, mail)
    if facts is None:
        status, reason = refusal or (SendStatus.DROPPED, NOT_NEEDED)
        await repository.close_send(session, mail.id, status, reason)
        metrics.count_after_commit(session, MAILS.labels(status))
        return None
    letter = catalog.draw_letter(mail.kind, facts)
    if mail.user_id is None:
        return letter
    # That of a digest stops the kind that it collects.
    kind = mail.facts["kind"] if mail.kind == digesting.DIGEST else mail.kind
    return replace(letter, unsubscribe_url=stopping.make_url(mail.user_id, kind))


async def _refuse(session: AsyncSession, mail: DueMail) -> tuple[SendStatus, str] | None:
    if not get_settings().mail_url.get_secret_value():
        return SendStatus.DROPPED, NO_SERVER
    is_security = rules.KINDS[mail.kind].is_security
    if not is_security and await repository.is_suppressed(session, mail.address):
        return SendStatus.SUPPRESSED, "Mails to this address came back."
    return None


async def _record(transaction: db.Transaction, mail: DueMail, reply: Reply) -> None:
    if reply.status is SendStatus.SENT:
        await repository.mark_sent(mail.id)
        MAILS.labels(reply.status).inc()
        return
    # The reason may quote the address.
    log.error("mail.failed", send_id=str(mail.id), kind=mail.kind, status=reply.status)
    async with transaction() as session:
        metrics.count_after_commit(session, MAILS.labels(reply.status))
        await repository.close_send(session, mail.id, reply.status, reply.reason)
        if reply.is_mailbox_unknown:
            await repository.suppress(
                session, address=mail.address, reason="bounce", detail=reply.reason
            )


def _in_ascii_domain(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


def _domain(mailbox: str) -> str:
    return parseaddr(mailbox)[1].rpartition("@")[2]
