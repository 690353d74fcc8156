"""The letters about exchanges."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from plugin.exchanges.states import RESHIPMENT, DifferenceState, OutboundState
from plugin.journeys.letter_frame import frame_of, lines_of
from plugin.journeys.scene import Scene
from plugin.journeys.seen_exchange import SeenExchange
from plugin.journeys.way_words import how_to_send
from plugin.messages.contexts_exchanges import (
    ExchangeApproved,
    ExchangeExpired,
    ExchangeFallback,
    ExchangeLetter,
    ExchangeOrdered,
    ExchangePayment,
)
from plugin.messages.parts import MailLine
from plugin.parcels.states import ParcelState


def _new_lines(seen: SeenExchange) -> tuple[MailLine, ...]:
    return tuple(MailLine(title=line.title, quantity=line.quantity) for line in seen.request.lines)


def _approved(scene: Scene) -> ExchangeApproved | None:
    """Nothing to say of sending once the parcel is here."""
    if scene.exchange is None:
        return None
    said = ExchangeApproved(
        **frame_of(scene),  # type: ignore[arg-type]
        lines=lines_of(scene),
        new_lines=_new_lines(scene.exchange),
        currency=scene.case.currency,
        left_over=max(0, scene.case.owed - scene.exchange.request.credited),
    )
    parcel = next((each for each in scene.parcels if each.state == ParcelState.LABEL), None)
    if parcel is None:
        return said
    return replace(
        said,
        steps=how_to_send(parcel, scene.case, scene.settings.goods_come_to, scene.words),
        return_number=scene.case.number,
        send_by=parcel.send_by,
        slip_url=f"{scene.url}/cases/{scene.case.id}",
    )


def _payment(scene: Scene) -> ExchangePayment | None:
    """Nothing to say once it is paid, or over."""
    difference = scene.exchange.difference if scene.exchange else None
    if scene.exchange is None or difference is None or difference.page_url is None:
        return None
    if DifferenceState(difference.state) is not DifferenceState.AWAITING:
        return None
    return ExchangePayment(
        **frame_of(scene),  # type: ignore[arg-type]
        new_lines=_new_lines(scene.exchange),
        currency=difference.currency,
        amount=difference.amount,
        pay_url=difference.page_url,
        until=difference.ends_at,
    )


def _ordered(scene: Scene) -> ExchangeOrdered | None:
    if scene.exchange is None or OutboundState(scene.exchange.outbound.state) is not OutboundState.ORDERED:
        return None
    return ExchangeOrdered(
        **frame_of(scene),  # type: ignore[arg-type]
        new_lines=_new_lines(scene.exchange),
        new_number=scene.exchange.outbound.number,
        is_again=scene.exchange.request.reason == RESHIPMENT,
    )


def _fallback(scene: Scene) -> ExchangeFallback | None:
    if scene.exchange is None:
        return None
    return ExchangeFallback(
        **frame_of(scene),  # type: ignore[arg-type]
        new_lines=_new_lines(scene.exchange),
        currency=scene.case.currency,
        amount=scene.case.owed + scene.exchange.given_back,
        as_credit=not scene.legs,
    )


def _expired(scene: Scene) -> ExchangeExpired:
    return ExchangeExpired(**frame_of(scene), lines=lines_of(scene))  # type: ignore[arg-type]


EXCHANGE_LETTERS: Mapping[str, Callable[[Scene], ExchangeLetter | None]] = {
    "exchange_approved": _approved,
    "exchange_payment": _payment,
    "exchange_ordered": _ordered,
    "exchange_fallback": _fallback,
    "exchange_expired": _expired,
}
