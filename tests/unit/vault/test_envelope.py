import base64

import pytest

from ticketing_app.core.db import new_id
from ticketing_app.core.settings import get_settings
from ticketing_app.vault import envelope
from ticketing_app.vault.envelope import UnreadableFileError

PREVIOUS = base64.b64encode(b"p" * 32).decode()
NEXT = base64.b64encode(b"n" * 32).decode()


def set_keys(monkeypatch: pytest.MonkeyPatch, key: str, previous: str = "") -> None:
    monkeypatch.setenv("FILES_KEY", key)
    monkeypatch.setenv("FILES_KEY_PREVIOUS", previous)
    get_settings.cache_clear()


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> object:
    set_keys(monkeypatch, PREVIOUS)
    yield
    monkeypatch.undo()
    get_settings.cache_clear()


class TestUnseal:
    def test_returns_what_was_sealed(self) -> None:
        key = envelope.new_key()
        file_id = new_id()
        sealed = envelope.seal(key, file_id, "clean", b"a ticket")
        assert b"ticket" not in sealed
        assert envelope.unseal(key, file_id, "clean", sealed) == b"a ticket"

    def test_refuses_bytes_of_another_part_file_or_key(self) -> None:
        key = envelope.new_key()
        file_id = new_id()
        sealed = envelope.seal(key, file_id, "page-1", b"a ticket")
        others = [
            (key, file_id, "page-2", sealed),
            (key, new_id(), "page-1", sealed),
            (envelope.new_key(), file_id, "page-1", sealed),
            (key, file_id, "page-1", sealed[:-1]),
            (key, file_id, "page-1", b""),
        ]
        for other in others:
            with pytest.raises(UnreadableFileError):
                envelope.unseal(*other)


class TestUnwrap:
    def test_takes_the_key_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        key = envelope.new_key()
        file_id = new_id()
        wrapped = envelope.wrap(key, file_id)
        set_keys(monkeypatch, NEXT, PREVIOUS)
        assert envelope.unwrap(wrapped, file_id) == key
        assert envelope.wrap(key, file_id).key_name == envelope.current_name() != wrapped.key_name

    def test_refuses_an_unknown_key_and_the_row_of_another_file(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file_id = new_id()
        wrapped = envelope.wrap(envelope.new_key(), file_id)
        with pytest.raises(UnreadableFileError):
            envelope.unwrap(wrapped, new_id())
        set_keys(monkeypatch, NEXT)
        with pytest.raises(UnreadableFileError):
            envelope.unwrap(wrapped, file_id)
