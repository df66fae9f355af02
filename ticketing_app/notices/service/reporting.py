"""Follows reports of the mail provider, and answers which addresses it cannot reach."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.notices import repository, rules
from ticketing_app.notices.rules import Channel, SendStatus
from ticketing_app.notices.schemas import MailReport


async def record_report(session: AsyncSession, *, report: MailReport) -> None:
    """Record the report; repeating it is harmless."""
    notice = None
    if report.send_id:
        sources = rules.REPORTED[report.status]
        notice = await repository.follow_report(session, report.send_id, report.status, sources)
    if report.status is SendStatus.DELIVERED:
        return
    is_complaint = report.status is SendStatus.COMPLAINED
    await repository.suppress(
        session,
        address=report.address,
        reason="complaint" if is_complaint else "bounce",
        detail=report.detail,
    )
    if is_complaint and notice and notice.user_id:
        # Stays, even if the address is reachable again.
        await repository.set_choice(
            session,
            user_id=notice.user_id,
            kind=notice.kind,
            channel=Channel.MAIL,
            is_wanted=False,
        )


async def is_suppressed(session: AsyncSession, *, address: str) -> bool:
    """Whether mails to the address came back, or its owner complained."""
    return await repository.is_suppressed(session, address)
