"""An answer other than 200, in the words of Stripe's error object (https://docs.stripe.com/api/errors)."""

from __future__ import annotations

import msgspec


class ErrorBody(msgspec.Struct, omit_defaults=True, kw_only=True):
    type: str
    message: str
    code: str | None = None
    param: str | None = None
    decline_code: str | None = None
    charge: str | None = None


class ErrorDocument(msgspec.Struct):
    error: ErrorBody


class Refusal(Exception):
    """``is_stored`` says whether Stripe keeps the answer under the idempotency key: not before the work has begun."""

    def __init__(
        self, status: int, message: str, *, type: str = "invalid_request_error", code: str | None = None,
        param: str | None = None, decline_code: str | None = None, charge: str | None = None, is_stored: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.is_stored = is_stored
        self.body = ErrorBody(
            type=type, message=message, code=code, param=param, decline_code=decline_code, charge=charge
        )


def missing(kind: str, id: str, param: str = "id", status: int = 404) -> Refusal:
    """The object does not exist in this account."""
    return Refusal(status, f"No such {kind}: '{id}'", code="resource_missing", param=param)


def invalid(param: str, message: str, code: str | None = None) -> Refusal:
    """A parameter that fails validation; Stripe does not keep this answer under the key."""
    return Refusal(400, message, code=code, param=param, is_stored=False)
