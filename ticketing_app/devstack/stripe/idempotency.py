"""Idempotency keys as at Stripe: the first response is replayed, even if it is a 500."""

import json
from typing import NamedTuple

from ticketing_app.devstack.stripe.errors import Json, StripeError
from ticketing_app.devstack.stripe.store import Store, now


class Answer(NamedTuple):
    status: int
    body: Json
    replayed: bool = False


class Idempotency:
    """Stored responses, and keys with a first request that is still running."""

    def __init__(self, store: Store) -> None:
        # Responses are in the store, so that they survive a restart.
        self._store = store
        self._running: dict[str, str] = {}

    def begin(self, key: str, request: object) -> Answer | None:
        """Return the stored response, or None if this request is the first with its key."""
        fingerprint = json.dumps(request, sort_keys=True)
        stored = self._store.answers.get(key)
        original = stored["fingerprint"] if stored else self._running.get(key)
        if original is None:
            self._running[key] = fingerprint
            return None
        if original != fingerprint:
            message = (
                f"Key '{key}' can only be used with the same parameters it was first used with."
            )
            raise StripeError(400, "idempotency_error", message)
        if stored is None:
            message = f"There is currently another in-progress request using this key: {key}."
            raise StripeError(409, "idempotency_error", message, code="idempotency_key_in_use")
        return Answer(stored["status"], stored["body"], replayed=True)

    def end(self, key: str, answer: Answer | None) -> None:
        fingerprint = self._running.pop(key, None)
        if answer and fingerprint:
            row = {"status": answer.status, "body": answer.body, "at": now()}
            self._store.answers[key] = row | {"fingerprint": fingerprint}
