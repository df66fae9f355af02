from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ticketing_app.notices.rules import SendStatus


class DueMail(BaseModel):
    """A mail that is to be sent, with the facts of its notice."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    notice_id: UUID
    user_id: UUID | None
    kind: str
    facts: dict[str, Any]
    address: str
    is_confirmed: bool = Field(
        default=False, description="Whether the owner of the account has confirmed the address."
    )
    language: str
    age: timedelta


class Reply(BaseModel):
    """The final answer of the mail server."""

    model_config = ConfigDict(frozen=True)

    status: SendStatus
    reason: str | None = None
    is_mailbox_unknown: bool = False


class MailReport(BaseModel):
    """A mail provider's report; `send_id` is None if it does not name the mail."""

    model_config = ConfigDict(frozen=True)

    status: SendStatus
    address: str
    send_id: UUID | None
    detail: str
