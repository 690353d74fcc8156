"""Retention codes: what they have brought back, which there are, and taking one back."""

from __future__ import annotations

from datetime import datetime, timedelta
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
from plugin.codes.attribution import Group, attribution
from plugin.codes.minting import revoke, show
from plugin.codes.models import Code
from plugin.codes.refusals import CodeExpired, CodeUsed
from plugin.codes.rules import budget_month
from plugin.codes.states import CodeState
from plugin.codes.store import Sought, code_of_id, codes_page, counted
from plugin.core.vault import Vault
from plugin.db import transaction
from plugin.orders.service import lock_order
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

TAGS = ["Codes"]
_READS = [may(Permission.READ_CASES)]

State = Annotated[CodeState | None, QueryParameter(name="state", description="Only those in this state.")]
Customer = Annotated[
    str | None, QueryParameter(pattern="^[0-9a-f]{64}$", description="Only those of the `customer` of another row.")
]
OfCase = Annotated[
    str | None, QueryParameter(max_length=40, pattern="^[a-z0-9_]+$", description="Only those that this case earned.")
]


class BudgetView(Struct, frozen=True, kw_only=True):
    """A month's budget in minor units, and what the codes minted in it are reckoned to cost at most."""

    currency: str
    most: int
    used: int


class GroupView(Struct, frozen=True, kw_only=True):
    """Customers, and how many of them came back."""

    customers: int
    returned: int

    @classmethod
    def of(cls, group: Group) -> GroupView:
        return cls(customers=group.customers, returned=group.returned)


class CodesReport(Struct, frozen=True, kw_only=True):
    """What codes have cost and kept since then, in minor units by currency, beside those held out without one."""

    since: datetime
    minted: int
    redeemed: int
    flagged: int
    revenue_kept: dict[str, int]
    discount_given: dict[str, int]
    with_code: GroupView
    held_out: GroupView
    budgets: tuple[BudgetView, ...]


class CodeRow(Struct, frozen=True, kw_only=True):
    """A code. ``masked`` shows its last four characters: whoever reads it whole could use it. ``customer`` is a
    pseudonym, null once they were erased."""

    id: str
    masked: Annotated[str, Meta(examples=["…X9Q2"])]
    customer: str | None
    case_id: str
    order_id: str
    kind: str
    percent: int | None
    amount: int | None
    currency: str
    state: Annotated[str, Meta(examples=["minted"])]
    flag: str | None
    minted_at: datetime
    expires_at: datetime
    redeemed_order: str | None
    redeemed_at: datetime | None
    discount_given: int | None
    revenue_kept: int | None

    @classmethod
    def of(cls, code: Code, vault: Vault) -> CodeRow:
        names = (name for name in cls.__struct_fields__ if name not in ("masked", "customer"))
        kept = {name: getattr(code, name) for name in names}
        return cls(**kept, masked=f"…{show(vault, code)[-4:]}", customer=code.customer_hash)


class CodePage(Struct, frozen=True, kw_only=True):
    """``next`` asks for the page after this one; null on the last."""

    codes: tuple[CodeRow, ...]
    next: str | None


@get(
    "/v1/admin/codes/report",
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="What codes have brought back, and this month's budgets",
    responses=problem_responses(KNOWN),
)
async def report(
    ports: NamedDependency[Ports],
    shop: NamedDependency[Shop],
    days: Annotated[int, QueryParameter(ge=1, le=3650, description="How far to look back.")] = 90,
) -> CodesReport:
    at = ports.clock.now()
    since = at - timedelta(days=days)
    sums, budgets = await attribution(shop.id, since), settings_of(shop).codes.budgets
    used = await counted(shop.id, [budget_month(currency, at) for currency in budgets])
    return CodesReport(
        since=since, minted=sums.minted, redeemed=sums.redeemed, flagged=sums.flagged,
        revenue_kept=dict(sums.revenue_kept), discount_given=dict(sums.discount_given),
        with_code=GroupView.of(sums.with_code), held_out=GroupView.of(sums.held_out),
        budgets=tuple(
            BudgetView(currency=currency, most=most, used=used.get(budget_month(currency, at), 0))
            for currency, most in sorted(budgets.items())
        ),
    )  # fmt: skip


@get(
    "/v1/admin/codes",
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="The codes, newest first",
    responses=problem_responses(KNOWN | {400: "A parameter is not exact, or `after` is no `next` of a page."}),
)
async def list_codes(
    ports: NamedDependency[Ports], member: NamedDependency[Member], code_state: State = None,
    customer: Customer = None, case_id: OfCase = None, limit: PageSize = 50, after: After = None,
) -> CodePage:  # fmt: skip
    sought = Sought(code_state, customer, case_id)
    found = await codes_page(member.shop_id, sought, limit + 1, place_of(after) if after else None)
    last = found[limit - 1] if len(found) > limit else None
    return CodePage(
        codes=tuple(CodeRow.of(code, ports.vault) for code in found[:limit]),
        next=cursor_of(last.minted_at, last.id) if last else None,
    )


@post(
    "/v1/admin/codes/{code_id:str}/revoke",
    status_code=200,
    dependencies=STAFF,
    guards=[may(Permission.MANAGE_CODES)],
    security=SECURITY,
    tags=TAGS,
    summary="Take an unused code back",
    description="Its budget returns, and it is taken out of Stripe or the store where it was put there.",
    responses={200: ResponseSpec(CodeRow, description="The code, which is revoked.")}
    | problem_responses(
        KNOWN | ONCE | {404: "The shop has no such code.", 409: "It is used or over, or the first call still runs."}
    ),
)
async def revoke_code(
    ports: NamedDependency[Ports], member: NamedDependency[Member], code_id: PublicId, data: JSONBody[StepAsk],
    body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    found = await code_of_id(member.shop_id, code_id)

    async def use_case(remember: Remember) -> None:
        async with transaction(ports.doorbell) as tx:
            await lock_order(tx, found.order_id)
            await revoke(tx, found, actor=member.actor, reason="revoked_by_person", at=ports.clock.now())
            now = await code_of_id(member.shop_id, code_id, tx=tx)
            if now.state != CodeState.REVOKED:
                raise (CodeUsed if now.state == CodeState.REDEEMED else CodeExpired)(param="code_id")
            await remember(tx, CodeRow.of(now, ports.vault))

    return await once(ports, member, "code.revoke", code_id, idempotency_key, body, use_case)


code_routes = [report, list_codes, revoke_code]
