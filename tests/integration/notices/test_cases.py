"""Mails about messages to the operator: their receipt, the notice of the operator, and the answer."""

from email.message import EmailMessage
from uuid import UUID

from tests import factories
from tests.integration.events.delivery import deliver
from tests.integration.notices import sends
from tests.integration.notices.mail_server import MailServer
from ticketing_app.cases import service as cases
from ticketing_app.cases.schemas import CaseCreate
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings

MESSAGE = "Where is my ticket?\r\nBcc: a@b.test <script>"


async def write(user_id: UUID | None = None, email: str | None = None) -> str:
    case = CaseCreate.model_validate({"message": MESSAGE, "email": email})
    async with db.transaction() as session:
        return (await cases.open_case(session, case=case, user_id=user_id)).number


async def answer(number: str, message: str) -> None:
    async with db.transaction() as session:
        await cases.answer_case(session, number=number, message=message)


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part
    return " ".join(part.get_content().split())


async def send() -> None:
    await deliver("CaseOpened", "CaseChanged")
    await sends.send_all()


async def test_a_visitor_and_the_operator_get_mails(mails: MailServer) -> None:
    number = await write(email="zoe@example.com")
    await send()
    receipt, waiting = sorted(mails.mails, key=lambda mail: mail["To"] != "zoe@example.com")
    assert number in receipt["Subject"]
    # The address may be a stranger's.
    assert "Where is my ticket" not in receipt.as_string()
    assert waiting["To"] == get_settings().operator_email
    assert waiting["Bcc"] is None
    assert "zoe@example.com wrote: “Where is my ticket?" in text_of(waiting)
    await answer(number, "It is on its way.\nEnjoy!")
    await send()
    [*_, answered] = mails.mails
    assert (answered["To"], number in answered["Subject"]) == ("zoe@example.com", True)
    assert "It is on its way." in text_of(answered)


async def test_a_member_is_answered_by_bell_and_mail(mails: MailServer) -> None:
    user = await factories.make_user()
    number = await write(user_id=user.id)
    for message in ("One.", "Two."):
        await answer(number, message)
    async with db.transaction() as session:
        await cases.close_case(session, number=number)
    await send()
    shown = await sends.column(
        "SELECT facts->>'answer' FROM notices WHERE user_id = :id AND is_shown ORDER BY id",
        id=user.id,
    )
    assert shown == ["One.", "Two."]
    recipients = sorted(mail["To"] for mail in mails.mails)
    assert recipients == sorted([*[user.email] * 3, get_settings().operator_email])
    [waiting] = [mail for mail in mails.mails if mail["To"] != user.email]
    assert f"{user.email} wrote" in text_of(waiting)
    # Erasing the account must not have to search the notices of others.
    stored = await sends.column("SELECT facts::text FROM notices")
    assert [facts for facts in stored if user.email in facts] == []
