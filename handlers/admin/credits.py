"""Store credit at the desk: which there is, what became of one entry by entry, and taking back what is left of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, QueryParameter, RawBody
from msgspec import Meta, Struct

from handlers.admin.case_bodies import StepAsk
from handlers.admin.entrance import SECURITY, STAFF, may
from handlers.admin.frame import KNOWN, ONCE, After, PageSize, cursor_of, once, place_of
from handlers.dependencies import PublicId
from handlers.idempotent import IdempotencyKey, Remember
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.core.vault import Vault
from plugin.credit.issuing import revoke, show
from plugin.credit.models import Credit, CreditEntry
from plugin.credit.states import CreditState
from plugin.credit.store import credit_of_id, credits_page, entries_of
from plugin.db import transaction
from plugin.ports.runtime import Ports

TAGS = ["Store credit"]
_READS = [may(Permission.READ_CASES)]

State = Annotated[CreditState | None, QueryParameter(name="state", description="Only those in this state.")]
OfCase = Annotated[
    str | None, QueryParameter(max_length=40, pattern="^[a-z0-9_]+$", description="Only what this case was given.")
]


class CreditRow(Struct, frozen=True, kw_only=True):
    """Amounts are minor units. ``masked`` shows the code's last four characters: whoever reads it whole could spend it.
    ``customer`` is a pseudonym, null where nobody is known or they were erased. ``store_reference`` is the store's id
    of credit that it keeps itself (``authority`` is ``store``)."""

    id: str
    masked: Annotated[str, Meta(examples=["…X9Q2"])]
    customer: str | None
    case_id: str
    order_id: str
    currency: str
    balance: int
    held: int
    state: Annotated[str, Meta(examples=["live"])]
    authority: Annotated[str, Meta(examples=["ledger"])]
    store_reference: str | None
    issued_at: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, credit: Credit, vault: Vault) -> CreditRow:
        names = (name for name in cls.__struct_fields__ if name not in ("masked", "customer"))
        kept = {name: getattr(credit, name) for name in names}
        return cls(**kept, masked=f"…{show(vault, credit)[-4:]}", customer=credit.customer_hash)


class CreditPage(Struct, frozen=True, kw_only=True):
    """``next`` asks for the page after this one; null on the last."""

    credits: tuple[CreditRow, ...]
    next: str | None


class EntryRow(Struct, frozen=True, kw_only=True):
    """One movement in minor units; ``spent_on`` is the store's id of the order."""

    at: datetime
    kind: Annotated[str, Meta(examples=["spend"])]
    amount: int
    spent_on: str | None

    @classmethod
    def of(cls, entry: CreditEntry) -> EntryRow:
        return cls(at=entry.at, kind=entry.kind, amount=entry.amount, spent_on=entry.spent_on)


class CreditWhole(Struct, frozen=True, kw_only=True):
    """A credit and its statement, oldest entry first; their sum is its balance."""

    credit: CreditRow
    entries: tuple[EntryRow, ...]


@get(
    "/v1/admin/credits",
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="Store credit, newest first",
    responses=problem_responses(KNOWN | {400: "A parameter is not exact, or `after` is no `next` of a page."}),
)
async def list_credits(
    ports: NamedDependency[Ports], member: NamedDependency[Member], credit_state: State = None,
    case_id: OfCase = None, limit: PageSize = 50, after: After = None,
) -> CreditPage:  # fmt: skip
    place = place_of(after) if after else None
    found = await credits_page(member.shop_id, credit_state, case_id, limit + 1, place)
    last = found[limit - 1] if len(found) > limit else None
    return CreditPage(
        credits=tuple(CreditRow.of(credit, ports.vault) for credit in found[:limit]),
        next=cursor_of(last.issued_at, last.id) if last else None,
    )


@get(
    "/v1/admin/credits/{credit_id:str}",
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="One credit with its statement",
    responses=problem_responses(KNOWN | {404: "The shop has no such credit."}),
)
async def see_credit(
    ports: NamedDependency[Ports], member: NamedDependency[Member], credit_id: PublicId
) -> CreditWhole:
    credit = await credit_of_id(member.shop_id, credit_id)
    entries = await entries_of([credit.id])
    return CreditWhole(
        credit=CreditRow.of(credit, ports.vault), entries=tuple(EntryRow.of(each) for each in entries[credit.id])
    )


@post(
    "/v1/admin/credits/{credit_id:str}/revoke",
    status_code=200,
    dependencies=STAFF,
    guards=[may(Permission.MOVE_MONEY)],
    security=SECURITY,
    tags=TAGS,
    summary="Take back what is left of a credit",
    description="An entry of its own says so in the statement, and carts that hold some of it lose it. What an order "
    "has spent stays spent; if that order is cancelled later, what comes back is taken back, too.",
    responses={200: ResponseSpec(CreditRow, description="The credit, which is revoked.")}
    | problem_responses(
        KNOWN | ONCE | {404: "The shop has no such credit.", 409: "It is over, or the store keeps it."}
    ),
)
async def revoke_credit(
    ports: NamedDependency[Ports], member: NamedDependency[Member], credit_id: PublicId, data: JSONBody[StepAsk],
    body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    await credit_of_id(member.shop_id, credit_id)

    async def use_case(remember: Remember) -> None:
        async with transaction(ports.doorbell) as tx:
            credit = await revoke(tx, member.shop_id, credit_id, actor=member.actor, at=ports.clock.now())
            await remember(tx, CreditRow.of(credit, ports.vault))

    return await once(ports, member, "credit.revoke", credit_id, idempotency_key, body, use_case)


credit_routes = [list_credits, see_credit, revoke_credit]
