from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from ticketing_app.accounts.rules import (
    PASSKEY_NAME_MAX_LENGTH,
    PASSWORD_MAX_LENGTH,
    PASSWORD_MIN_LENGTH,
)
from ticketing_app.core.validation import ApiModel, require_printable


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
PasskeyName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=PASSKEY_NAME_MAX_LENGTH),
    AfterValidator(require_printable),
]
NewPassword = Annotated[str, Field(min_length=PASSWORD_MIN_LENGTH, max_length=PASSWORD_MAX_LENGTH)]

# Without JavaScript the link is pasted.
Secret = Annotated[str, AfterValidator(lambda text: text.strip().rpartition("token=")[2])]


class UserCreate(ApiModel):
    """The e-mail is normalised to lower case, the password is taken exactly as typed."""

    email: NewEmail
    password: NewPassword


class EmailChange(ApiModel):
    email: NewEmail
    current_password: str | None = None


class PasswordChange(ApiModel):
    current_password: str | None = None
    new_password: NewPassword


class LinkToken(ApiModel):
    """The secret of a mailed link, or the whole link."""

    token: Secret


class PasswordResetRequest(ApiModel):
    email: NewEmail


class PasswordReset(ApiModel):
    token: Secret
    new_password: NewPassword


class Credentials(ApiModel):
    """An invalid e-mail is accepted as any text: the error must be that of a wrong password."""

    email: Annotated[str, AfterValidator(_typed_email)]
    password: str


class UserRead(ApiModel):
    id: UUID
    email: str


class AccountRead(UserRead):
    """The caller's account; `emailConfirmedAt` is null until a mailed link proved the address."""

    email_confirmed_at: datetime | None


class CheckedUser(BaseModel):
    """The password was right at `version` of the account; `new_hash` replaces a hash of lower cost."""

    model_config = ConfigDict(frozen=True)

    user: UserRead
    version: int
    new_hash: str | None = Field(default=None, repr=False)


class CurrentUser(ApiModel):
    current_user: UserRead | None


class SessionRead(ApiModel):
    """An open sign-in; `device` and `address` are unverified hints from request headers."""

    id: UUID
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool


class SignInExport(ApiModel):
    """A sign-in that we still know, for its owner."""

    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class PasskeyRead(ApiModel):
    id: UUID
    name: str
    is_backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class AccountExport(ApiModel):
    """An account for its owner."""

    id: UUID
    email: str
    created_at: datetime
    sign_ins: list[SignInExport]
    passkeys: list[PasskeyRead]


class SessionList(ApiModel):
    items: list[SessionRead]


class PasskeyCreate(ApiModel):
    """`credential` is what the browser created, by its `toJSON`."""

    name: PasskeyName
    credential: dict[str, Any]


class PasskeyAnswer(ApiModel):
    """`credential` is what the browser answered, by its `toJSON`."""

    credential: dict[str, Any]


class Proof(ApiModel):
    """The current password or, if there is none, the answer of a passkey."""

    current_password: str | None = None
    credential: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if (self.current_password is None) == (self.credential is None):
            msg = "Send currentPassword or credential."
            raise ValueError(msg)
        return self


class PasskeyList(ApiModel):
    items: list[PasskeyRead]


class SessionStarted(BaseModel):
    """`token` goes into the cookie and nowhere else."""

    model_config = ConfigDict(frozen=True)

    token: Annotated[str, Field(repr=False)]
    expires_at: datetime


class Caller(BaseModel):
    """The user of a request, taken from the verified session."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    email: str
    session_id: UUID
