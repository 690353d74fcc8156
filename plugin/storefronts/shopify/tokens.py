"""What opens a shop's Admin API: the token that the merchant gave, or one that we fetch for the app's credentials.

An app of the Dev Dashboard, on a store of its own organisation, has a client id and a client secret and exchanges them
for a token of 24 hours (client credentials grant):
https://shopify.dev/docs/apps/build/authentication-authorization/client-credentials-grant. Custom apps that were made
in the store's admin keep their one token (``shpat_…``), which does not expire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from plugin.core.ids import token_hash
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.runtime import Clock
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.addresses import AddressRefused
from plugin.storefronts.calling import NoAnswer, Outgoing, call

FETCHED_BEFORE_ITS_END = timedelta(minutes=10)
_LONGEST = 64 * 1024


class _Granted(Struct, frozen=True):
    access_token: str
    expires_in: int


@dataclass
class AccessTokens:
    """Fetched tokens, in memory only, until shortly before their end."""

    outgoing: Outgoing
    clock: Clock
    _kept: dict[tuple[str, ...], tuple[str, datetime]] = field(default_factory=dict)

    async def of(self, store: StoreConnection) -> str:
        """The token for ``store``; raises ``Rejected`` and ``OutcomeUnknown``."""
        if not store.secret:
            raise Rejected(RejectCode.BAD_CREDENTIALS, "The shop has no token for its store.")
        if store.key is None:
            return store.secret
        token, ends = self._kept.get(_name(store), ("", self.clock.now()))
        if self.clock.now() < ends - FETCHED_BEFORE_ITS_END:
            return token
        granted = await self._fetch(store, store.key, store.secret)
        self._kept[_name(store)] = granted.access_token, self.clock.now() + timedelta(seconds=granted.expires_in)
        return granted.access_token

    def forget(self, store: StoreConnection) -> None:
        """The token was refused: the next call fetches another."""
        self._kept.pop(_name(store), None)

    async def _fetch(self, store: StoreConnection, id: str, secret: str) -> _Granted:
        form = urlencode({"grant_type": "client_credentials", "client_id": id, "client_secret": secret})
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        url = f"{store_url(store)}/admin/oauth/access_token"
        try:
            answer = await call(
                self.outgoing, store, "POST", url, headers=headers, body=form.encode(), longest=_LONGEST
            )  # fmt: skip
        except AddressRefused as error:
            raise Rejected(RejectCode.OTHER, str(error)) from error
        except NoAnswer as nothing:
            raise OutcomeUnknown(nothing.reason) from nothing
        if 400 <= answer.status < 500 and answer.status != 429:
            reason = f"Shopify gave no token ({answer.status}): wrong credentials, or the app is not installed there."
            raise Rejected(RejectCode.BAD_CREDENTIALS, reason)
        try:
            return msgspec.json.decode(answer.body or b"", type=_Granted)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise OutcomeUnknown(f"Shopify answered {answer.status} when it was asked for a token.") from error


def store_url(store: StoreConnection) -> str:
    """``https://shop.myshopify.com``, without a slash at its end; raises ``Rejected`` where none is given."""
    if not store.address:
        raise Rejected(RejectCode.OTHER, "The shop has no address for its store.")
    address = store.address if "://" in store.address else f"https://{store.address}"
    return address.rstrip("/")


def _name(store: StoreConnection) -> tuple[str, ...]:
    """A rotated secret is another name: what the one before had fetched is not used for it."""
    return store.shop_id, store.address or "", store.key or "", token_hash(store.secret or "")
