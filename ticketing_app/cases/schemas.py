from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints

from ticketing_app.accounts.schemas import NewEmail
from ticketing_app.cases.rules import MESSAGE_MAX_LENGTH, CaseKind, CaseStatus, Reason
from ticketing_app.core.validation import ApiModel, ShortText, require_printable_lines


def _none_if_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Message = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MESSAGE_MAX_LENGTH),
    AfterValidator(require_printable_lines),
]


class CaseCreate(ApiModel):
    """A message; with `subject_id`, the id of a ticket or of a listing, a report of it."""

    message: Message
    # A user's account has one.
    email: Annotated[NewEmail | None, BeforeValidator(_none_if_blank)] = None
    name: Annotated[ShortText | None, BeforeValidator(_none_if_blank)] = None
    subject_id: UUID | None = None
    reason: Annotated[Reason | None, BeforeValidator(_none_if_blank)] = None
    # Of a report of illegal content: it is believed to be true and complete.
    is_in_good_faith: bool = False


class AnswerRead(ApiModel):
    message: str
    created_at: datetime


class CaseRead(ApiModel):
    """A case as its reporter sees it."""

    number: str = Field(description="For people, like 482-130.")
    kind: CaseKind
    status: CaseStatus
    message: str
    created_at: datetime
    answers: list[AnswerRead]


class CaseDetail(CaseRead):
    """A case as the operator sees it."""

    reason: str
    refs: list[str]
    user_id: UUID | None
    email: str
    name: str


class CaseList(ApiModel):
    items: list[CaseRead]


class Subject(BaseModel):
    """The listing that a report is about; the title of a withdrawn one is not shown."""

    refs: list[str]
    title: str
