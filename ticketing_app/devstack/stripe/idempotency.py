"""Idempotency keys as Stripe keeps them: the first answer is the answer, also when it is a 500."""

import json
from typing import NamedTuple

from ticketing_app.devstack.stripe.errors import Json, StripeError
from ticketing_app.devstack.stripe.store import Store, now


class Answer(NamedTuple):
    status: int
    body: Json
    replayed: bool = False


class Idempotency:
    """The answers kept under keys, and the keys whose first request is still running."""

    def __init__(self, store: Store) -> None:
        # The store keeps the answers, so that they survive a restart.
        self._store = store
        self._running: dict[str, str] = {}

    def begin(self, key: str, request: object) -> Answer | None:
        """Return the kept answer, or None when this request is the first with its key."""
        fingerprint = json.dumps(request, sort_keys=True)
        kept = self._store.answers.get(key)
        first = kept["fingerprint"] if kept else self._running.get(key)
        if first is None:
            self._running[key] = fingerprint
            return None
        if first != fingerprint:
            message = (
                f"Key '{key}' can only be used with the same parameters it was first used with."
            )
            raise StripeError(400, "idempotency_error", message)
        if kept is None:
            message = f"There is currently another in-progress request using this key: {key}."
            raise StripeError(409, "idempotency_error", message, code="idempotency_key_in_use")
        return Answer(kept["status"], kept["body"], replayed=True)

    def end(self, key: str, answer: Answer | None) -> None:
        """Keep the answer to the first request with the key, or free the key."""
        fingerprint = self._running.pop(key, None)
        if answer and fingerprint:
            row = {"status": answer.status, "body": answer.body, "at": now()}
            self._store.answers[key] = row | {"fingerprint": fingerprint}
