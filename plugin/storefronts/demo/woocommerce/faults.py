"""What can go wrong between us and a WooCommerce store, to be switched on for some calls or for all.

Sources: ``wp_maintenance`` of WordPress (503 with Retry-After 600 and a page, before any plugin is loaded); WordPress'
handler of fatal errors (500, ``internal_server_error``); ``rest_no_route`` of ``WP_REST_Server`` where the plugin is
not active; notices that PHP prints before the JSON where ``display_errors`` is on; and what sits before a shop: limits
on requests (429), firewalls (403 with a page), proxies that lose answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

PAGE = b"<!doctype html><html><head><title>Shop</title></head><body><p>Be right back.</p></body></html>"
NOTICE = b"\xef\xbb\xbf<br />\n<b>Deprecated</b>: Array {x} in <b>/wp-content/plugins/a[b].php</b> on line <b>7</b>\n"


class Fault(StrEnum):
    DROP_ANSWER = "drop_answer"  # the call is done, the answer breaks off
    SLOW = "slow"  # the call is done, the answer comes when the store closes
    NOTICE = "notice"  # the call is done and answered, after a byte order mark and a notice of PHP
    FATAL = "fatal"  # 500, as WordPress words it
    MAINTENANCE = "maintenance"  # 503 with Retry-After
    BUSY = "busy"  # 429 with Retry-After
    PAGE = "page"  # 200 with a page of HTML
    FIREWALL = "firewall"  # 403 with a page of HTML
    FORBIDDEN = "forbidden"  # 403 of WooCommerce's own: the key's user may not
    NO_ROUTE = "no_route"  # 404 of WordPress: WooCommerce is not active
    REDIRECT = "redirect"  # 301 to another host


IS_DONE = frozenset({Fault.DROP_ANSWER, Fault.SLOW, Fault.NOTICE})


@dataclass
class Switched:
    """One fault at the calls whose ``METHOD route`` and body match, for so many calls or (None) until it is taken
    away."""

    fault: Fault
    calls: re.Pattern[str]
    times: int | None = None
    retry_after: int = 7
    body: re.Pattern[bytes] = re.compile(b"")

    def strikes(self, method: str, route: str, body: bytes) -> bool:
        """Whether this call goes wrong; it counts as one then."""
        if self.times == 0 or not self.calls.search(f"{method} {route}") or not self.body.search(body):
            return False
        if self.times is not None:
            self.times -= 1
        return True
