import asyncio
import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from importlib.metadata import packages_distributions

import pytest

from ticketing_app.accounts import passwords, rules
from ticketing_app.core.errors import InvalidInputError


class TestPasswords:
    def test_passlib_is_the_maintained_fork(self) -> None:
        assert packages_distributions()["passlib"] == ["libpass"]

    async def test_a_hash_is_argon2id_and_salted(self) -> None:
        first, second = [await passwords.hash_password("tulip 🌷 garden") for _ in range(2)]
        assert first.startswith("$argon2id$")
        assert first != second
        assert await passwords.verify_password("tulip 🌷 garden", first)
        assert not await passwords.verify_password("tulip 🌷 garden ", first)

    async def test_unknown_account_costs_a_comparison(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compared: list[str] = []
        verify = passwords._context.verify_and_update

        def note(password: str, password_hash: str) -> tuple[bool, str | None]:
            compared.append(password_hash)
            return verify(password, password_hash)

        monkeypatch.setattr(passwords._context, "verify_and_update", note)
        assert await passwords.verify_and_update("placeholder", None) == (False, None)
        assert compared[0].startswith("$argon2id$")

    async def test_replaces_hash_of_lower_costs(self) -> None:
        cheap = passwords._context.copy(argon2__time_cost=1).hash("tulip garden")
        assert await passwords.verify_and_update("rose garden", cheap) == (False, None)
        is_right, new_hash = await passwords.verify_and_update("tulip garden", cheap)
        assert is_right
        assert new_hash
        assert await passwords.verify_and_update("tulip garden", new_hash) == (True, None)

    @pytest.mark.parametrize("setting", ["memory_cost", "time_cost", "parallelism"])
    async def test_each_cost_counts(self, setting: str) -> None:
        lower = {"memory_cost": 9_728, "time_cost": 1, "parallelism": 2}
        other = passwords._context.copy(**{f"argon2__{setting}": lower[setting]}).hash("x")
        assert (await passwords.verify_and_update("x", other)).new_hash

    @pytest.mark.skipif(sys.platform != "linux", reason="A thread has no priority of its own.")
    async def test_threads_let_the_event_loop_go_first(self) -> None:
        def priority() -> int:
            return os.getpriority(os.PRIO_PROCESS, 0)

        assert await passwords._run(priority) == min(19, priority() + passwords.NICENESS)

    async def test_refuses_more_calls_than_the_queue_limit(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = threading.Event()
        monkeypatch.setattr(passwords, "QUEUE_LIMIT", 3)
        waiting = [asyncio.create_task(passwords._run(lambda: gate.wait(30))) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(passwords.PasswordQueueFullError):
            await passwords.hash_password("one too many")
        gate.set()
        assert await asyncio.gather(*waiting) == [True, True, True]
        assert await passwords.hash_password("there is room again")


class TestRules:
    NOW = datetime(2027, 5, 1, tzinfo=UTC)

    def test_session_expires(self) -> None:
        assert rules.session_expires_at(self.NOW, 30) == self.NOW + timedelta(days=30)

    @pytest.mark.parametrize(("minutes", "is_due"), [(0, False), (4, False), (5, True), (60, True)])
    def test_last_seen_is_written_every_five_minutes(self, minutes: int, is_due: bool) -> None:  # noqa: FBT001  # a case of the table.
        assert rules.must_record_seen(self.NOW - timedelta(minutes=minutes), self.NOW) is is_due


class TestNormalisation:
    COMPOSED = "caf\u00e9 au lait"
    DECOMPOSED = "cafe\u0301 au lait"

    async def test_compositions_of_an_accent_are_one_password(self) -> None:
        made = await passwords.hash_password(self.DECOMPOSED)
        assert await passwords.verify_password(self.COMPOSED, made)
        assert await passwords.verify_and_update(self.DECOMPOSED, made) == (True, None)

    async def test_replaces_hash_of_an_earlier_version(self) -> None:
        old = passwords._context.hash(self.DECOMPOSED)
        assert not await passwords.verify_password(self.COMPOSED, old)
        is_right, new_hash = await passwords.verify_and_update(self.DECOMPOSED, old)
        assert is_right
        assert new_hash
        assert await passwords.verify_password(self.COMPOSED, new_hash)

    async def test_wrong_password_replaces_nothing(self) -> None:
        old = passwords._context.hash("tulip garden")
        assert await passwords.verify_and_update(self.DECOMPOSED, old) == (False, None)

    async def test_account_without_password_has_no_right_one(self) -> None:
        assert not await passwords.verify_password("placeholder", None)


class TestCommonPasswords:
    @pytest.mark.parametrize(
        "password",
        [
            "password",
            "12345678",
            "        ",
            "P@ssw0rd",
            "iloveyou1",
            "ILOVEYOU1",
            "qwertyuiop",
            "abcdefgh",
            "x" * 128,
            "gittixgittix",
            "marlene.k",
            "marlene.k@gittix.test",
        ],
    )
    async def test_are_refused(self, password: str) -> None:
        with pytest.raises(InvalidInputError) as refused:
            await passwords.require_uncommon(
                password, email="marlene.k@gittix.test", field="newPassword"
            )
        assert refused.value.problems == [("newPassword", passwords.COMMON)]

    @pytest.mark.parametrize(
        "password", ["correct horse", "tulip 🌷 garden", "curtain-call", "z8#kq!vw"]
    )
    async def test_others_are_accepted(self, password: str) -> None:
        await passwords.require_uncommon(password, email="marlene@gittix.test", field="password")
