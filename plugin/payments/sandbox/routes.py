"""The table of what is spoken: method, path, use case, and the parameters that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plugin.payments.sandbox import account, disputes, intents, promotions, refunds, sessions
from plugin.payments.sandbox.forms import Params
from plugin.payments.sandbox.ledger import Ledger
from plugin.payments.sandbox.objects import Document

Handler = Callable[[Ledger, Params, str], Document]


@dataclass(frozen=True)
class Route:
    method: str
    path: str  # at most one segment is ``*``: the object's id
    handler: Handler
    accepts: frozenset[str]


def _route(method: str, path: str, handler: Handler, accepts: str = "") -> Route:
    paging = "limit starting_after ending_before" if method == "GET" and not path.endswith("*") else ""
    return Route(method, path, handler, frozenset(f"{accepts} {paging} expand".split()))


_INTENT = " ".join(intents.TEXTS) + " metadata payment_method payment_method_types shipping"
_NEW_INTENT = (
    f"{_INTENT} amount currency confirm capture_method confirmation_method automatic_payment_methods return_url "
    "off_session error_on_requires_action"
)

ROUTES = (
    _route("POST", "/v1/payment_intents", intents.create, _NEW_INTENT),
    _route("GET", "/v1/payment_intents", intents.list_all, "customer"),
    _route("GET", "/v1/payment_intents/*", intents.retrieve, "client_secret"),
    _route("POST", "/v1/payment_intents/*", intents.update, f"{_INTENT} amount"),
    _route("POST", "/v1/payment_intents/*/confirm", intents.confirm, "payment_method return_url off_session"),
    _route("POST", "/v1/payment_intents/*/capture", intents.capture, "amount_to_capture metadata"),
    _route("POST", "/v1/payment_intents/*/cancel", intents.cancel, "cancellation_reason"),
    _route("POST", "/v1/checkout/sessions", sessions.create, sessions.ACCEPTED),
    _route("GET", "/v1/checkout/sessions", sessions.list_all, "payment_intent status"),
    _route("GET", "/v1/checkout/sessions/*", sessions.retrieve),
    _route("POST", "/v1/checkout/sessions/*/expire", sessions.expire),
    _route("GET", "/v1/charges", intents.list_charges, "payment_intent"),
    _route("GET", "/v1/charges/*", intents.retrieve_charge),
    _route("POST", "/v1/refunds", refunds.create, "payment_intent charge amount reason metadata instructions_email"),
    _route("GET", "/v1/refunds", refunds.list_all, "payment_intent charge created"),
    _route("GET", "/v1/refunds/*", refunds.retrieve),
    _route("POST", "/v1/refunds/*", refunds.update, "metadata"),
    _route("POST", "/v1/refunds/*/cancel", refunds.cancel),
    _route("GET", "/v1/disputes", disputes.list_all, "payment_intent charge created"),
    _route("GET", "/v1/disputes/*", disputes.retrieve),
    _route(
        "POST", "/v1/coupons", promotions.create_coupon,
        "id percent_off amount_off currency duration max_redemptions redeem_by name metadata",
    ),
    _route("GET", "/v1/coupons", promotions.list_coupons),
    _route("GET", "/v1/coupons/*", promotions.retrieve_coupon),
    _route(
        "POST", "/v1/promotion_codes", promotions.create,
        "promotion code expires_at max_redemptions metadata restrictions",
    ),
    _route("GET", "/v1/promotion_codes", promotions.list_all, "code coupon active"),
    _route("GET", "/v1/promotion_codes/*", promotions.retrieve),
    _route("POST", "/v1/promotion_codes/*", promotions.update, "active metadata"),
    _route("GET", "/v1/events", account.list_events, "type"),
    _route("GET", "/v1/events/*", account.retrieve_event),
    _route("GET", "/v1/account", account.retrieve),
    _route("GET", "/v1/balance", account.balance),
    _route("POST", "/v1/webhook_endpoints", account.create_endpoint, "url enabled_events description metadata"),
    _route("GET", "/v1/webhook_endpoints", account.list_endpoints),
    _route("DELETE", "/v1/webhook_endpoints/*", account.delete_endpoint),
)  # fmt: skip


def find_route(method: str, path: str) -> tuple[Route, str] | None:
    """The route and the id in its path."""
    segments = path.split("/")
    for route in ROUTES:
        pattern = route.path.split("/")
        if route.method == method and len(pattern) == len(segments):
            pairs = list(zip(pattern, segments, strict=True))
            if all(p in ("*", s) for p, s in pairs):
                return route, next((s for p, s in pairs if p == "*"), "")
    return None
