from http import HTTPStatus


class AppError(Exception):
    """An expected refusal; `field` is the camelCase name of the wrong input.

    Subclasses with a fixed sentence set `message`; others pass it to `__init__`.
    """

    status: HTTPStatus = HTTPStatus.BAD_REQUEST
    message: str = ""
    field: str | None = None

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        self.message = message or self.message
        self.field = field or self.field
        super().__init__(self.message)

    @property
    def extra(self) -> dict[str, str | int]:
        """Further members of the problem+json body, in camelCase."""
        return {}


class InvalidInputError(AppError):
    """Carries one (field, sentence) per problem, for forms that show all of them."""

    def __init__(self, problems: list[tuple[str | None, str]]) -> None:
        super().__init__(problems[0][1], field=problems[0][0])
        self.problems = problems


class NotSignedInError(AppError):
    status = HTTPStatus.UNAUTHORIZED
    message = "Please sign in first."


class TooManyRequestsError(AppError):
    """`retry_after` is in seconds; None if the time is unknown."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    message = "Too many attempts. Please wait a while and try again."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnavailableError(AppError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 5

    def __init__(self, *, is_outcome_known: bool = True) -> None:
        super().__init__(
            "We can't reach our servers right now. Nothing was changed. Try again in a moment."
            if is_outcome_known
            else "We lost the connection to our servers. If you were saving something, "
            "check whether it was saved before you try again."
        )
