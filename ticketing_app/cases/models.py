from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from ticketing_app.cases.rules import CaseStatus
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime


class Case(Table, table=True):
    """A message to the operator, of a user or of a visitor with an e-mail."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("kind IN ('contact', 'listing', 'user', 'illegal_content')", name="kind"),
        CheckConstraint("status IN ('open', 'waiting', 'closed')", name="status"),
        CheckConstraint("user_id IS NOT NULL OR email <> ''", name="reporter"),
        Index("ix_cases_unclosed", "created_at", postgresql_where=text("status <> 'closed'")),
        Index("ix_cases_user_id", "user_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number: str = Field(unique=True, max_length=6)
    kind: str
    reason: str = ""
    status: str = CaseStatus.OPEN
    refs: list[str] = Field(
        sa_column=Column(ARRAY(Text), nullable=False), description="Like `ticket:<id>`."
    )
    user_id: UUID | None = Field(default=None, foreign_key="users.id")
    email: str = Field(default="", description="Of a visitor; an account has its own.")
    name: str = ""
    message: str
    version: int = 1
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    closed_at: datetime | None = Field(default=None, sa_type=utc_datetime())


class CaseAnswer(Table, table=True):
    __tablename__ = "case_answers"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", ondelete="CASCADE", index=True)
    message: str
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
