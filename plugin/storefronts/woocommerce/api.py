"""Calling WooCommerce's REST API (v3) at one store, and what its answers mean.

Three outcomes: a ``Reply``; a ``Refusal`` (a definitive no of WooCommerce's own, by its error code); or
``OutcomeUnknown``, which is ``NotDone`` where the store has certainly not done what it was asked.

The consumer key and secret go as HTTP Basic credentials. Some servers keep that header from PHP; WooCommerce then takes
the caller for a stranger (401 ``woocommerce_rest_cannot_…``) and the credentials go as query parameters, which it reads
first (``class-wc-rest-authentication.php``, ``perform_basic_authentication``). Where permalinks are plain, ``/wp-json``
is the theme's page for 404, and ``?rest_route=`` is asked.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.addresses import AddressRefused
from plugin.storefronts.calling import Answer, NoAnswer, Outgoing, call
from plugin.storefronts.platform_values import text

Shape = TypeVar("Shape")

LONGEST_ANSWER = 8 * 1024 * 1024
_MOST_BEGINNINGS = 20
_LONGEST_WAIT = 3600.0
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


class NotDone(OutcomeUnknown):
    """No answer of use, and the store has certainly not done what it was asked."""


class OddAnswer(OutcomeUnknown):
    """A 2xx whose JSON has another shape than WooCommerce documents: asked again, it would be the same."""


class Failed(OutcomeUnknown):
    """WooCommerce answered 5xx with one of its own errors, whose code is ``error``."""

    def __init__(self, error: str, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason, retry_after)
        self.error = error


class Refusal(Rejected):
    """A definitive no, with WooCommerce's own code for it in ``error``."""

    def __init__(self, code: RejectCode, error: str, reason: str) -> None:
        super().__init__(code, reason)
        self.error = error


class _Error(msgspec.Struct, frozen=True):
    code: str | int
    message: str | None = None


@dataclass(frozen=True)
class Way:
    """How a store's API is reached: as most are, or with one of the two detours, or both."""

    has_plain_links: bool = False
    key_in_query: bool = False


@dataclass(frozen=True)
class Reply:
    """A 2xx whose body is JSON; ``total`` is of all pages of a list."""

    body: bytes
    total: int | None = None

    def read(self, shape: type[Shape]) -> Shape:
        """The body as ``shape``; raises ``OddAnswer`` if it is something else."""
        try:
            return msgspec.json.Decoder(shape, float_hook=Decimal).decode(self.body)
        except (msgspec.MsgspecError, ArithmeticError, ValueError, RecursionError) as error:
            raise OddAnswer(f"The store's answer is not what WooCommerce documents: {error}.") from error


class WooApi:
    """One store's API. ``ways`` remembers between calls, by address, which detour a store needed; ``prepares_within``
    are the seconds that may go before an ask that must happen once."""

    def __init__(
        self, outgoing: Outgoing, store: StoreConnection, ways: dict[str, Way], now: Callable[[], datetime],
        prepares_within: float,
    ) -> None:  # fmt: skip
        if not store.address or not store.key or not store.secret:
            raise Refusal(RejectCode.BAD_CREDENTIALS, "no_credentials", "The shop has no address, key or secret.")
        self._outgoing = outgoing
        self._store = store
        self._ways = ways
        self.now = now
        self.prepares_within = prepares_within
        self._key, self._secret = store.key, store.secret
        self._base = site_of(store.address)

    async def get(self, path: str, **query: str | int) -> Reply:
        return await self._ask("GET", path, query, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        return await self._ask("POST", path, {}, body)

    async def put(self, path: str, body: Mapping[str, Any]) -> Reply:
        return await self._ask("PUT", path, {}, body)

    async def delete(self, path: str) -> Reply:
        return await self._ask("DELETE", path, {"force": "true"}, None)

    async def site(self) -> Reply:
        """WordPress' own index of the site; it is public and takes no credentials."""
        return await self._ask("GET", "", {}, None, namespace="")

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str | int], body: Mapping[str, Any] | None,
        namespace: str = "wc/v3/",
    ) -> Reply:  # fmt: skip
        way = known = self._ways.get(self._base, Way())
        answer = await self._call(way, method, namespace + path, query, body)
        if answer.status == 404 and json_part(answer.body) is None and not way.has_plain_links:
            way = replace(way, has_plain_links=True)
            answer = await self._call(way, method, namespace + path, query, body)
        if _took_us_for_a_stranger(answer) and not way.key_in_query:
            way = replace(way, key_in_query=True)
            answer = await self._call(way, method, namespace + path, query, body)
        reply = _understood(answer)
        if way != known:
            self._ways[self._base] = way
        return reply

    async def _call(
        self, way: Way, method: str, route: str, query: Mapping[str, str | int], body: Mapping[str, Any] | None
    ) -> Answer:
        parameters = dict(query)
        if way.key_in_query:
            parameters |= {"consumer_key": self._key, "consumer_secret": self._secret}
        if way.has_plain_links:
            url = f"{self._base}/?{urlencode({'rest_route': f'/{route}', **parameters})}"
        else:
            url = f"{self._base}/wp-json/{quote(route)}" + (f"?{urlencode(parameters)}" if parameters else "")
        headers = {"accept": "application/json", "user-agent": "Comeback"}
        if not way.key_in_query:
            headers["authorization"] = "Basic " + base64.b64encode(f"{self._key}:{self._secret}".encode()).decode()
        if body is not None:
            headers["content-type"] = "application/json"
        content = None if body is None else msgspec.json.encode(body)
        try:
            return await call(
                self._outgoing, self._store, method, url, headers=headers, body=content, longest=LONGEST_ANSWER
            )
        except AddressRefused as error:
            raise Refusal(RejectCode.OTHER, "address_refused", str(error)) from error
        except NoAnswer as nothing:
            raise (OutcomeUnknown if nothing.was_sent else NotDone)(nothing.reason) from nothing


def site_of(address: str) -> str:
    """The site's address without what people add to it: a slash, ``/wp-json`` and below, a query."""
    parts = urlsplit(address)
    path = parts.path.partition("/wp-json")[0].partition("/wp-admin")[0].rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def json_part(body: bytes | None) -> bytes | None:
    """The JSON of an answer, without the byte order mark and the notices that PHP prints before it; or None."""
    start = 0
    whole = body or b""
    for _ in range(_MOST_BEGINNINGS):
        found = [at for at in (whole.find(b"{", start), whole.find(b"[", start)) if at >= 0]
        if not found:
            return None
        start = min(found)
        try:
            msgspec.json.decode(whole[start:])
        except (msgspec.MsgspecError, ValueError, RecursionError):
            start += 1
        else:
            return whole[start:]
    return None


def _took_us_for_a_stranger(answer: Answer) -> bool:
    """WooCommerce says 401 with ``cannot_…`` to who is not logged in at all; a wrong secret or a missing right is named
    otherwise (``rest_authorization_required_code`` of WordPress, ``class-wc-rest-authentication.php``)."""
    error = _error(json_part(answer.body)) if answer.status == 401 else None
    return error is not None and str(error.code).startswith(("woocommerce_rest_cannot_", "rest_forbidden"))


def _understood(answer: Answer) -> Reply:
    status, wait = answer.status, _retry_after(answer.headers)
    if 300 <= status < 400:
        host = urlsplit(answer.headers.get("location", "")).netloc
        where = f" to {text(host, 200)}: connect that address" if host else " (it may ask for a login)"
        raise NotDone(f"The store's address sends us on{where}.")
    if status == 429:
        raise NotDone("The store asks us to come back later.", wait)
    body = json_part(answer.body)
    if body is None:
        kind = NotDone if 400 <= status < 500 else OutcomeUnknown
        raise kind(
            f"The store answered {status} with a page that is not WooCommerce's: of maintenance, a login or a "
            "firewall before it?",
            wait,
        )
    if 200 <= status < 300:
        total = answer.headers.get("x-wp-total", "")
        return Reply(body, int(total) if total.isdecimal() else None)
    error = _error(body) or _Error("")
    # WordPress words its errors in HTML.
    said = unescape(_TAG.sub("", error.message or ""))
    code, message = str(error.code), text(said, 300) or f"The store answered {status}."
    if code == "rest_no_route":
        raise NotDone("WooCommerce's API is not at this address: is its plugin active?", wait)
    if status >= 500:
        raise Failed(code, message, wait)
    if status in (401, 403):
        raise Refusal(RejectCode.BAD_CREDENTIALS, code, message)
    raise Refusal(RejectCode.NOT_FOUND if status == 404 else RejectCode.OTHER, code, message)


def _error(body: bytes | None) -> _Error | None:
    try:
        return msgspec.json.decode(body or b"", type=_Error)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds or a date (RFC 9110, 10.2.3), at most an hour."""
    said = headers.get("retry-after", "")
    if said.isdecimal() and len(said) < 9:
        return min(float(said), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), _LONGEST_WAIT)
