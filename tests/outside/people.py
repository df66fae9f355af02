"""People who are signed in."""

from contextlib import AsyncExitStack

from tests.outside.person import Person


class People:
    """Makes people who are signed in, each with connections and a cookie of their own."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack

    async def make(self, url: str | None = None) -> Person:
        """Sign somebody new up."""
        person = await self._stack.enter_async_context(Person(url or self._url))
        await person.sign_up()
        return person
