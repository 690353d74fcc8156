"""The API of a gift: a link for who received it, and what that link opens. No answer of it holds a price or a name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter, JSONBody
from msgspec import Meta, Struct

from handlers.dependencies import Guest, provide_receiver
from handlers.idempotent import Remember
from handlers.problems import problem_responses
from handlers.shopper import gift_phrases
from handlers.shopper.confirming import CONFIRM_PROBLEMS, once_counted
from handlers.shopper.orders import LineAsk
from handlers.shopper.present import presenter
from handlers.shopper.session_views import LinkView
from handlers.shopper.visit import GUEST, SECURITY, Locale
from plugin.access import rate
from plugin.access.service import LINK_LASTS
from plugin.cases.models import Case
from plugin.cases.states import CLOSED, CaseState
from plugin.core.words import Words
from plugin.db import Transaction
from plugin.journeys.judging import DecisionChanged, Preview
from plugin.journeys.return_gift import confirm_gift, first_parcel, make_gift_link, preview_gift, view_gift
from plugin.journeys.way_words import how_to_send
from plugin.parcels.models import Parcel
from plugin.parcels.states import ParcelState
from plugin.policies.reasons import Outcome
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports
from plugin.shops.service import settings_of

LINKS_AN_HOUR = 20
RECEIVER = {"guest": Provide(provide_receiver)}
_CLOSED = {401: "The session has ended.", 403: "The session is no gift's."}


class GiftLine(Struct, frozen=True, kw_only=True):
    """``returnable`` is how many may be sent back."""

    id: str
    title: str
    variant: str | None
    quantity: int
    returnable: int
    image_url: str | None


class GiftReturn(Struct, frozen=True, kw_only=True):
    """A return of the gift: its number stands on the parcel. What it is worth says the mail with the credit."""

    id: str
    number: Annotated[str, Meta(examples=["R-7K2M4QX"])]
    state: Annotated[str, Meta(examples=["awaiting_goods"])]
    is_final: bool
    sentence: str
    steps: tuple[str, ...]
    send_by: datetime | None


class GiftView(Struct, frozen=True, kw_only=True):
    shop_name: str
    lines: tuple[GiftLine, ...]
    returns: tuple[GiftReturn, ...]
    sentence: str


class GiftAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lines: Annotated[list[LineAsk], Meta(min_length=1, max_length=1000)]

    def counts(self) -> tuple[LineCount, ...]:
        return tuple(LineCount(line.line_id, line.quantity) for line in self.lines)


class GiftConfirm(GiftAsk, frozen=True, kw_only=True):
    """``email`` is the receiver's own: every mail about it goes there, and nowhere else."""

    email: Annotated[
        str, Meta(min_length=3, max_length=254, pattern="^[^@ ,;<>\\x00-\\x1f]+@[^@ ,;<>\\x00-\\x1f]+$",
                  examples=["ana@example.com"])
    ]  # fmt: skip
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class GiftPreview(Struct, frozen=True, kw_only=True):
    """What a confirmation would do; bring ``digest`` back."""

    outcome: Outcome
    sentence: str
    private: str
    digest: str

    @classmethod
    def of(cls, found: Preview, words: Words) -> GiftPreview:
        outcome = found.decision.outcome
        return cls(
            outcome=outcome, sentence=words.say(gift_phrases.OUTCOME[outcome]), private=words.say(gift_phrases.PRIVATE),
            digest=found.digest,
        )  # fmt: skip


@post(
    "/v1/order/gift-link",
    status_code=201,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Make a link for who received the order as a gift",
    description="Give it to them. It shows the items without prices, and lets them send items back for store credit "
    "of their own. You are not told, and no money of yours moves.",
    responses=problem_responses({401: "The session has ended.", 429: "Too many links; see Retry-After."}),
)
async def create_gift_link(ports: NamedDependency[Ports], guest: NamedDependency[Guest]) -> LinkView:
    return await gift_link(ports, guest)


async def gift_link(ports: Ports, guest: Guest) -> LinkView:
    """A fresh link, for the API and the pages alike; raises ``TooMany``."""
    at, order_id = ports.clock.now(), guest.visitor.order_id
    await rate.count(f"gift-link:{order_id}", limit=LINKS_AN_HOUR, at=at)
    return LinkView(url=await make_gift_link(ports, guest.shop, order_id), expires_at=at + LINK_LASTS)


@get(
    "/v1/gift",
    dependencies=RECEIVER,
    security=SECURITY,
    tags=["gift"],
    summary="See what of a gift may be sent back",
    responses=problem_responses(_CLOSED),
)
async def see_gift(ports: NamedDependency[Ports], guest: NamedDependency[Guest], locale: Locale = None) -> GiftView:
    return await gift_now(ports, guest, locale)


async def gift_now(ports: Ports, guest: Guest, locale: str | None) -> GiftView:
    """The gift as it stands at this moment, for the API and the pages alike."""
    seen = await view_gift(ports, guest.shop, guest.visitor.order_id)
    words = presenter(guest.shop, seen.order, ports.clock.now(), locale).words
    free = {line.id: line.returnable for line in seen.facts.lines}
    return GiftView(
        shop_name=guest.shop.name,
        lines=tuple(
            GiftLine(
                id=line.id, title=line.title, variant=line.variant, quantity=line.quantity,
                returnable=free.get(line.id, 0), image_url=line.image_url,
            )
            for line in seen.order.now.lines
        ),
        returns=tuple(_return(guest, case, parcel, words) for case, parcel in seen.returns),
        sentence=words.say(gift_phrases.PRIVATE if any(free.values()) else gift_phrases.NO_ITEMS),
    )  # fmt: skip


def _return(guest: Guest, case: Case, parcel: Parcel | None, words: Words) -> GiftReturn:
    state = CaseState(case.state)
    waits = parcel is not None and state is CaseState.AWAITING_GOODS and parcel.state == ParcelState.LABEL
    sentence = words.say(gift_phrases.STANDS.get(state, gift_phrases.AT_WORK))
    steps: tuple[str, ...] = ()
    if waits and parcel is not None:
        sentence = words.say(gift_phrases.WAITS, number=case.number, date=words.date(parcel.send_by))
        steps = how_to_send(parcel, case, settings_of(guest.shop).goods_come_to, words)
    return GiftReturn(
        id=case.id, number=case.number, state=case.state, is_final=state in CLOSED, sentence=sentence, steps=steps,
        send_by=parcel.send_by if parcel is not None and waits else None,
    )  # fmt: skip


@post(
    "/v1/gift/returns/preview",
    status_code=200,
    dependencies=RECEIVER,
    security=SECURITY,
    tags=["gift"],
    summary="Preview the return of a gift",
    description="Writes nothing, and names no sum.",
    responses=problem_responses(_CLOSED),
)
async def preview_gift_return(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], data: JSONBody[GiftAsk], locale: Locale = None
) -> GiftPreview:
    found = await preview_gift(ports, guest.shop, guest.visitor.order_id, data.counts())
    return GiftPreview.of(found, presenter(guest.shop, found.order, ports.clock.now(), locale).words)


@post(
    "/v1/gift/returns",
    status_code=201,
    dependencies=RECEIVER,
    security=SECURITY,
    tags=["gift"],
    summary="Send a gift back for store credit",
    description="Every mail about it goes to `email` alone. Whoever ordered is not told.",
    responses=problem_responses(CONFIRM_PROBLEMS | _CLOSED),
)
async def return_gift(
    request: Request[object, object, State],
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[GiftConfirm],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
    locale: Locale = None,
) -> Response[bytes]:
    return await return_gift_once(ports, guest, data, idempotency_key, await request.body(), locale)


async def return_gift_once(
    ports: Ports, guest: Guest, data: GiftConfirm, key: str | None, body: bytes, locale: str | None
) -> Response[bytes]:
    """Confirm under the caller's key, for the API and the pages alike; raises ``TooMany`` after many an hour."""

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, case: Case, agreed: Preview) -> None:
            words = presenter(guest.shop, agreed.order, ports.clock.now(), locale).words
            await remember(tx, _return(guest, case, await first_parcel(case.id), words))

        try:
            await confirm_gift(
                ports, guest.shop, guest.visitor.order_id, data.counts(), email=data.email, agreed=data.digest,
                locale=locale or "", answered=answered,
            )  # fmt: skip
        except DecisionChanged as changed:
            words = presenter(guest.shop, changed.now.order, ports.clock.now(), locale).words
            shown = GiftPreview.of(changed.now, words)
            raise DecisionChanged(changed.now, preview=msgspec.to_builtins(shown)) from changed

    return await once_counted(ports, guest, "gift", key, body, use_case)


gift_routes = [create_gift_link, see_gift, preview_gift_return, return_gift]
