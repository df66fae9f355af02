"""The base of every error that a person may see: it carries its own sentence and HTTP status."""

from http import HTTPStatus


class AppError(Exception):
    """An expected refusal: `status` is the HTTP status, `message` the sentence for people."""

    status: HTTPStatus = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str, *, field: str | None = None) -> None:
        """Keep the sentence and, when one input is at fault, its camelCase name."""
        super().__init__(message)
        self.message = message
        self.field = field

    @property
    def extra(self) -> dict[str, str]:
        """Facts for the caller beyond the sentence, in camelCase."""
        return {}


class InvalidInputError(AppError):
    """What was sent breaks the rules of one or more fields; `problems` is (field, sentence)."""

    def __init__(self, problems: list[tuple[str | None, str]]) -> None:
        """Keep every problem, so that a form can show them all at once."""
        super().__init__(problems[0][1], field=problems[0][0])
        self.problems = problems


class NotSignedInError(AppError):
    """The caller has no live session."""

    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Please sign in first.")


class TooManyRequestsError(AppError):
    """A limit per time was reached; `retry_after` is in seconds, where the time is known."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(
        self,
        message: str = "Too many attempts. Please wait a while and try again.",
        *,
        retry_after: int | None = None,
    ) -> None:
        """Say when to come back."""
        super().__init__(message)
        self.retry_after = retry_after


class UnavailableError(AppError):
    """A part that is needed does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 5

    def __init__(self, *, is_outcome_known: bool = True) -> None:
        """Say that nothing was changed, or that this is not known."""
        super().__init__(
            "We can't reach our servers right now. Nothing was changed. Try again in a moment."
            if is_outcome_known
            else "We lost the connection to our servers. If you were saving something, "
            "check whether it was saved before you try again."
        )
