"""Idempotency keys (https://docs.stripe.com/api/idempotent_requests): the first answer is kept and repeated."""

from __future__ import annotations

import msgspec

from plugin.payments.sandbox.refusals import Refusal

_KEPT_SECONDS = 24 * 3600


class StoredAnswer(msgspec.Struct):
    """``status`` 0 marks a request that is still running."""

    fingerprint: str
    created: int
    status: int = 0
    body: str = ""


class KeyStore:
    """The keys of one account."""

    def __init__(self) -> None:
        self.answers: dict[str, StoredAnswer] = {}

    def begin(self, key: str, fingerprint: str, now: int) -> StoredAnswer | None:
        """The stored answer to repeat, or None when this request is now the one that runs under ``key``.

        Raises ``Refusal``: 400 for other parameters, 409 while the first request still runs.
        """
        known = self.answers.get(key)
        if known is None or now - known.created >= _KEPT_SECONDS:
            self.answers[key] = StoredAnswer(fingerprint, now)
            return None
        if known.fingerprint != fingerprint:
            raise Refusal(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
                type="idempotency_error",
                is_stored=False,
            )
        if known.status == 0:
            raise Refusal(
                409, "There is currently another in-progress request using this Idempotent Key.",
                type="idempotency_error", code="idempotency_key_in_use", is_stored=False,
            )  # fmt: skip
        return known

    def keep(self, key: str, status: int, body: str) -> None:
        answer = self.answers[key]
        answer.status, answer.body = status, body

    def forget(self, key: str) -> None:
        """The request never began to do anything, so the key stays free."""
        self.answers.pop(key, None)
