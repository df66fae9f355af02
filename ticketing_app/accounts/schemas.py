"""What goes in and out of accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ticketing_app.accounts.rules import PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH
from ticketing_app.core.validation import ApiModel


def _normal_email(text: str) -> str:
    # Special-use names like .test are allowed: demo accounts and tests live there.
    address = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    return address.normalized.lower()


def _new_email(value: object) -> str:
    if not isinstance(value, str):
        msg = "must be a text"
        raise ValueError(msg)  # noqa: TRY004  # pydantic turns only ValueError into a field error.
    try:
        return _normal_email(value)
    except EmailNotValidError:
        msg = "must be a valid address, like ana@example.com"
        raise ValueError(msg) from None


def _typed_email(text: str) -> str:
    try:
        return _normal_email(text)
    except EmailNotValidError:
        return text


NewEmail = Annotated[str, BeforeValidator(_new_email)]
NewPassword = Annotated[str, Field(min_length=PASSWORD_MIN_LENGTH, max_length=PASSWORD_MAX_LENGTH)]


class UserCreate(ApiModel):
    """Sign-up: the e-mail in lower case, the password exactly as typed."""

    email: NewEmail
    password: NewPassword


class EmailChange(ApiModel):
    """Another address for the account; only who knows the password may set it."""

    email: NewEmail
    current_password: str


class PasswordChange(ApiModel):
    """Another password for the account, exactly as typed."""

    current_password: str
    new_password: NewPassword


class Credentials(ApiModel):
    """Sign-in: the e-mail as sign-up keeps it, else any text: what is wrong must not be told apart."""

    email: Annotated[str, AfterValidator(_typed_email)]
    password: str


class UserRead(ApiModel):
    """An account as its owner sees it."""

    id: UUID
    email: str


class CheckedUser(BaseModel):
    """An account whose password was right at this version of it."""

    model_config = ConfigDict(frozen=True)

    user: UserRead
    version: int


class CurrentUser(ApiModel):
    """Who is signed in, if anybody."""

    current_user: UserRead | None


class SessionRead(ApiModel):
    """An open sign-in of one's own: `device` and `address` are hints, as its browser and proxy told."""

    id: UUID
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool


class SessionList(ApiModel):
    """One's own open sign-ins, the last seen first."""

    items: list[SessionRead]


class SessionStarted(BaseModel):
    """A fresh sign-in; `token` goes into the cookie and nowhere else."""

    model_config = ConfigDict(frozen=True)

    user: UserRead
    token: str
    expires_at: datetime


class Caller(BaseModel):
    """Who makes a request, as its verified session says."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    email: str
    session_id: UUID
