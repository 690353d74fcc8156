"""Asking Shopify: one POST of a GraphQL document, and what each kind of answer means.

Where every answer is documented: https://shopify.dev/docs/api/usage/response-codes (HTTP),
https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits (cost and THROTTLED) and
https://shopify.dev/docs/api/usage/implementing-idempotency (the IDEMPOTENCY_* codes). A document that was throttled or
refused was not run at all; whatever else is no answer may have been, and is ``OutcomeUnknown``; so is a mutation that
ran and whose answer we may not see in full. A key that was used with other parameters is ``OutcomeStored``: something
was asked under it before, and only a look tells what came of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, NoReturn, TypeVar

import msgspec
from msgspec import Struct

from plugin.ports.payments import OutcomeStored, OutcomeUnknown, RejectCode, Rejected
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.addresses import AddressRefused
from plugin.storefronts.calling import Answer, NoAnswer, Outgoing, call
from plugin.storefronts.shopify.tokens import AccessTokens, store_url

API_VERSION = "2026-07"
LONGEST_ANSWER = 4 * 1024 * 1024
LONGEST_WAIT = 60.0  # seconds; a bucket of any plan is full again by then

_encoder = msgspec.json.Encoder(decimal_format="number")
_NOT_RUN = frozenset({"ACCESS_DENIED", "SHOP_INACTIVE"})
_MAYBE_RUN = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "IDEMPOTENCY_CONCURRENT_REQUEST"})
_STILL_RUNS = re.compile(r"\bin ?progress\b", re.IGNORECASE)
_OF_THE_KEY = re.compile(r"idempoten", re.IGNORECASE)

Data = TypeVar("Data", bound=Struct)


class OddAnswer(OutcomeUnknown):
    """Data of another shape than Shopify documents: asked again, it would be the same."""


class Errored(Rejected):
    """Shopify ran the document, or would not, and says with HTTP 200 what is wrong with it or with what it asks for."""


class UserError(Struct, frozen=True, rename="camel"):
    """Why a mutation was not done, in words for staff; ``code`` only where the mutation has codes of its own."""

    message: str
    field: list[str] | None = None
    code: str | None = None


class _ErrorExtensions(Struct, frozen=True):
    code: str | None = None


class _Error(Struct, frozen=True):
    message: str = ""
    extensions: _ErrorExtensions = _ErrorExtensions()


class _Bucket(Struct, frozen=True, rename="camel"):
    currently_available: Any = 0
    restore_rate: Any = 0


class _Cost(Struct, frozen=True, rename="camel"):
    requested_query_cost: Any = 0
    throttle_status: _Bucket = _Bucket()


class _Extensions(Struct, frozen=True):
    cost: _Cost | None = None


class _Envelope(Struct, frozen=True):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[_Error] | None = None
    extensions: _Extensions | None = None


@dataclass(frozen=True)
class ShopifyApi:
    """The Admin API of any shop; ``tokens`` knows what opens each."""

    outgoing: Outgoing
    tokens: AccessTokens

    async def ask(self, store: StoreConnection, document: str, variables: Mapping[str, Any], shape: type[Data]) -> Data:
        """Run ``document`` and read its ``data`` as ``shape``.

        Raises ``OutcomeUnknown``, ``Rejected`` and, for a document with a key, ``OutcomeStored``.
        """
        body = _encoder.encode({"query": document, "variables": variables})
        token = await self.tokens.of(store)
        answer = await self._post(store, body, token)
        if answer.status == 401 and store.key is not None:
            self.tokens.forget(store)
            answer = await self._post(store, body, await self.tokens.of(store))
        return _understood(answer, shape, changes=document.lstrip().startswith("mutation"))

    async def _post(self, store: StoreConnection, body: bytes, token: str) -> Answer:
        headers = {"content-type": "application/json", "accept": "application/json", "x-shopify-access-token": token}
        url = f"{store_url(store)}/admin/api/{API_VERSION}/graphql.json"
        try:
            return await call(
                self.outgoing, store, "POST", url, headers=headers, body=body, longest=LONGEST_ANSWER
            )  # fmt: skip
        except AddressRefused as error:
            raise Rejected(RejectCode.OTHER, str(error)) from error
        except NoAnswer as nothing:
            raise OutcomeUnknown(nothing.reason) from nothing


def refuse(errors: list[UserError], code: RejectCode = RejectCode.OTHER) -> None:
    """Raise ``Rejected`` with what Shopify says, if it says anything."""
    if errors:
        raise Rejected(code, words_of(errors))


def check_key(errors: list[UserError]) -> None:
    """A complaint about the key of ``@idempotent`` is no "no": raise ``OutcomeUnknown`` while the first ask under it
    runs, and ``OutcomeStored`` where another one was made under it.

    Shopify tells these as user errors (``IDEMPOTENCY_…`` of the enums ``…UserErrorCode``: "This request is currently
    in progress, please try again."; "The same idempotency key cannot be used with different operation parameters.").
    Those of ``refundCreate`` have no code, so that only their words tell.
    """
    if any(_STILL_RUNS.search(error.message) for error in errors):
        raise OutcomeUnknown(words_of(errors))
    if any(_OF_THE_KEY.search(error.message) for error in errors):
        raise OutcomeStored(words_of(errors))


def words_of(errors: list[UserError]) -> str:
    """The messages as one printable line for staff."""
    return _said(errors)


def _said(errors: Sequence[UserError | _Error]) -> str:
    said = " ".join(error.message for error in errors)
    return "Shopify says: " + "".join(filter(str.isprintable, said))[:400]


def _understood(answer: Answer, shape: type[Data], *, changes: bool) -> Data:
    if answer.status != 200:
        _raise_for(answer)
    try:
        envelope = msgspec.json.decode(answer.body or b"", type=_Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise OutcomeUnknown("Shopify answered 200 with a body that is no answer.") from error
    if envelope.errors:
        if changes and _has_run(envelope.data):
            raise OutcomeUnknown(_said(envelope.errors))
        _raise_errors(envelope.errors, envelope.extensions.cost if envelope.extensions else None)
    try:
        return msgspec.json.Decoder(shape, float_hook=Decimal).decode(envelope.data)
    except (msgspec.MsgspecError, ArithmeticError) as error:
        raise OddAnswer(f"Shopify's answer could not be read: {error}") from error


def _has_run(data: msgspec.Raw) -> bool:
    """Whether a root field has answered: its mutation was run, and the errors are about what was to be told of it."""
    told: Any = msgspec.json.decode(data)
    return isinstance(told, dict) and any(each is not None for each in told.values())


def _raise_for(answer: Answer) -> NoReturn:
    status = answer.status
    if status in (401, 403):
        raise Rejected(RejectCode.BAD_CREDENTIALS, f"Shopify answered {status}: the token opens nothing here.")
    if status == 404:
        raise Rejected(RejectCode.NOT_FOUND, "There is no shop at this address, or it knows this API version no more.")
    if status in (402, 423):
        raise Rejected(RejectCode.UNEXPECTED_STATE, f"Shopify answered {status}: the shop is frozen or locked.")
    if 300 <= status < 400:
        raise Rejected(RejectCode.OTHER, "Shopify points elsewhere: give the shop's own ….myshopify.com address.")
    if status in (429, 430):
        raise OutcomeUnknown(f"Shopify answered {status}.", _seconds(answer.headers.get("retry-after")))
    if status in (408, 409) or status >= 500 or status < 300:
        raise OutcomeUnknown(f"Shopify answered {status}.")
    raise Rejected(RejectCode.OTHER, f"Shopify answered {status}.")


def _raise_errors(errors: list[_Error], cost: _Cost | None) -> NoReturn:
    codes = {error.extensions.code for error in errors}
    said = _said(errors)
    if "THROTTLED" in codes:
        raise OutcomeUnknown(said, throttled_for(cost) if cost else 1.0)
    if "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" in codes:
        raise OutcomeStored(said)
    if codes & _MAYBE_RUN:
        raise OutcomeUnknown(said)
    raise Errored(RejectCode.BAD_CREDENTIALS if codes & _NOT_RUN else RejectCode.OTHER, said)


def throttled_for(cost: _Cost) -> float:
    """Seconds until the bucket holds what was asked for: (needed - available) / restored per second."""
    bucket = cost.throttle_status
    try:
        missing = Decimal(str(cost.requested_query_cost)) - Decimal(str(bucket.currently_available))
        return _bounded(float(missing / Decimal(str(bucket.restore_rate))))
    except ArithmeticError:
        return 1.0


def _seconds(header: str | None) -> float:
    try:
        return _bounded(float(header or "1"))
    except ValueError:
        return 1.0


def _bounded(seconds: float) -> float:
    return min(max(seconds, 1.0), LONGEST_WAIT) if isfinite(seconds) else 1.0
