from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ticketing_app.core.validation import ApiModel
from ticketing_app.notices.rules import Channel, SendStatus


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


class NoticeExport(ApiModel):
    """A notice, for its recipient."""

    kind: str
    facts: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


class NoticesExport(ApiModel):
    """The notices of an account, and its choices of channels by kind."""

    notices: list[NoticeExport]
    choices: dict[str, dict[Channel, bool]]


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


class Bell(BaseModel):
    """The bell of an account; mail to its address comes back if it `is_suppressed`."""

    model_config = ConfigDict(frozen=True)

    unread: int
    is_suppressed: bool = False


class NoticeRead(ApiModel):
    """A notice in one line; `path` is the page that it is about."""

    id: UUID
    kind: str
    text: str
    path: str
    created_at: datetime
    is_read: bool


class NoticePage(ApiModel):
    items: list[NoticeRead]
    next_cursor: str | None


class NoticesUpTo(ApiModel):
    up_to: UUID


class Choice(NamedTuple):
    """A kind of notice over one channel."""

    kind: str
    channel: Channel


class ChoiceRead(BaseModel):
    """The channels of a kind that a person gets, and those that can be switched."""

    model_config = ConfigDict(frozen=True)

    kind: str
    label: str
    wanted: frozenset[Channel]
    switchable: frozenset[Channel]


class PushSubscriptionCreate(BaseModel):
    """A subscription as the browser describes it, with its keys in base64url."""

    model_config = ConfigDict(frozen=True)

    endpoint: str = Field(max_length=1000)
    p256dh: str = Field(pattern=r"^[A-Za-z0-9_-]{87}=?$")
    auth: str = Field(pattern=r"^[A-Za-z0-9_-]{22}(==)?$")


class PushTarget(BaseModel):
    """Where a push service takes messages for one browser, and the keys of that browser."""

    model_config = ConfigDict(frozen=True)

    endpoint: str
    p256dh: str
    auth: str


class PushMessage(BaseModel):
    """A message of at most one screen line; `tag` names its notice in 32 characters."""

    model_config = ConfigDict(frozen=True)

    title: str
    path: str
    tag: str
    urgency: str
