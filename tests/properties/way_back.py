"""What shoppers, carriers and the shop's people do with goods that come back, on the real services of a small world."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import structs

from plugin.cases.goods import Judgement, goods_of, lines_of
from plugin.cases.models import Case
from plugin.core.errors import DomainError
from plugin.db import Transaction, transaction
from plugin.journeys.close_short import close_short
from plugin.journeys.debits import settle_debit, waive_debit
from plugin.journeys.inspect_goods import inspect
from plugin.journeys.judging import Preview
from plugin.journeys.more_time import extend
from plugin.journeys.parcel_moved import News, parcel_seen
from plugin.journeys.receive import Came, receive, scan
from plugin.journeys.report_fault import confirm_fault, preview_fault
from plugin.journeys.send_back import confirm_return, preview_return
from plugin.journeys.take_back import take_back
from plugin.parcels.models import Parcel
from plugin.parcels.states import Disposition, Grade, Seen, Verdict
from plugin.policies.document import Fee, Otherwise, Policy, Then
from plugin.policies.facts import Ask
from plugin.policies.reasons import Action, FaultKind, Outcome, Payer, Reason, Resolution, Trigger
from plugin.policies.service import publish
from plugin.ports.orders import LineCount, StoreOrder
from plugin.refunds.models import Debit
from tests.properties.small_world import SmallWorld

BOTH = (Resolution.REFUND, Resolution.STORE_CREDIT)
OF_GOODS = ("return", "fault", "exchange")


def goods_policy(currencies: Sequence[str], pays_on: Trigger, *, fee: int, is_reviewed: bool, keeps: bool) -> Policy:
    """Whatever has left may be sent back for a week, for money, credit or something else, for a ``fee`` in minor units.

    What is faulty is kept and compensated for by half, and what is exchanged is kept (``keeps``); or both are sent back
    as everything else, and what was faulty may also come anew.
    """
    outcome, reason = (Outcome.REVIEW, Reason.PERSON_DECIDES) if is_reviewed else (Outcome.APPROVE, Reason.ALLOWED)
    back = Then(
        outcome=outcome, reason=reason, resolutions=BOTH, bonus_percent=10, pays_on=pays_on, label=Payer.SHOPPER,
        send_within=7, fee=Fee(amounts=dict.fromkeys(currencies, fee)) if fee else None,
    )  # fmt: skip
    again = (*BOTH, Resolution.RESHIPMENT)
    faulty = Then(outcome=outcome, reason=reason, resolutions=again, label=Payer.SHOP, pays_on=pays_on)
    if keeps:
        faulty = Then(outcome=outcome, reason=reason, resolutions=BOTH, keep_item=True, compensation_percent=50)
    anew = Then(
        outcome=outcome, reason=reason, label=Payer.SHOPPER, pays_on=pays_on,
        fee=Fee(amounts=dict.fromkeys(currencies, fee)) if fee else None,
    )  # fmt: skip
    if keeps:
        anew = Then(outcome=outcome, reason=reason, keep_item=True)
    yes = Then(outcome=Outcome.APPROVE)
    return Policy(
        format=1, name="Back for a week", rows=(),
        otherwise=Otherwise(cancel=yes, returning=back, exchange=anew, fault=faulty),
    )  # fmt: skip


async def set_policy(world: SmallWorld, policy: Policy) -> None:
    async with transaction(world.ports.doorbell) as tx:
        await publish(tx, shop_id=world.shop.id, policy=policy, by="tests", at=world.clock.now())


def deliver(world: SmallWorld, order: StoreOrder) -> None:
    """All that is left of an order leaves, and has come to its shopper."""
    for line in order.lines:
        if (left := world.store.left(world.store.orders[order.id], line.id)) > 0:
            world.store.ship(order.id, line.id, left)
    parcels = world.store.orders[order.id].fulfilments
    at = world.clock.now()
    world.store.change(order.id, fulfilments=tuple(structs.replace(each, delivered_at=at) for each in parcels))


async def unanswered(tx: Transaction, case: Case, now: Preview) -> None:
    """Nobody waits for an answer that is kept."""


async def send_back(
    world: SmallWorld, order_id: str, counts: Sequence[LineCount], wanted: Resolution, fault: FaultKind | None,
    *, greedy: bool,
) -> Case | None:  # fmt: skip
    """Ask to send these units back, or tell of a fault with them, as its preview says. Who is not ``greedy`` asks for
    what may be asked for; None where nothing is left of it, or it is refused."""
    action = Action.FAULT if fault else Action.RETURN
    ask = Ask(action=action, whole=not counts, lines=tuple(counts), resolution=wanted, fault=fault)
    look = preview_fault if fault else preview_return
    seen = await look(world.ports, world.shop, order_id, ask)
    if counts and not greedy:
        free = {line.id: line.returnable for line in seen.facts.lines}
        fewer = (LineCount(each.line_id, min(each.quantity, free.get(each.line_id, 0))) for each in counts)
        ask = structs.replace(ask, lines=tuple(each for each in fewer if each.quantity))
        if not ask.lines:
            return None
        seen = await look(world.ports, world.shop, order_id, ask)
    confirm = confirm_fault if fault else confirm_return
    try:
        return await confirm(
            world.ports, world.shop, order_id, ask, agreed=seen.digest, asked_by="shopper", locale="en",
            answered=unanswered,
        )  # fmt: skip
    except DomainError:
        return None


async def cases_of_goods(world: SmallWorld) -> list[Case]:
    return [case for case in await world.cases() if case.kind in OF_GOODS]


async def shopper_takes_back(world: SmallWorld, case: Case) -> None:
    try:
        await take_back(world.ports, world.shop, case.id, case.order_id)
    except DomainError:
        return


async def tell(world: SmallWorld, parcel: Parcel, seen: Seen, source: str, event_id: str, ago: timedelta) -> None:
    """A carrier's or a person's word on a parcel, of something that happened a while ago."""
    news = News(seen, source, event_id, world.clock.now() - ago)
    await parcel_seen(world.ports, world.shop, parcel.id, news, source)


async def count_in(world: SmallWorld, case: Case, parts: Sequence[int], *, by_scan: bool, wrong: bool) -> None:
    """So many of each line's awaited units come (more than there are is more than was asked), or something else."""
    awaited = lines_of((await goods_of(case.id)).awaited)
    came = [Came(n, line) for line, n in zip(sorted(awaited), parts, strict=False) if n]
    if wrong:
        came.append(Came(1, None, "a mug"))
    try:
        if by_scan:
            for each in came:
                await scan(world.ports, world.shop, case.number, each.line_id or "what is this", "ann")
        else:
            await receive(world.ports, world.shop, case.id, came, "ann")
    except DomainError:
        return


async def judge(world: SmallWorld, case: Case, verdicts: Sequence[Verdict]) -> None:
    """One verdict on each unit that is here, as far as there are verdicts; the last one judges the rest."""
    here = (await goods_of(case.id)).here
    judged = [_judgement(unit.line_id, verdicts[min(n, len(verdicts) - 1)]) for n, unit in enumerate(here) if verdicts]
    try:
        await inspect(world.ports, world.shop, case.id, judged, "ann")
    except DomainError:
        return


def _judgement(line: str, verdict: Verdict) -> Judgement:
    if verdict is Verdict.ACCEPTED:
        return Judgement(line, 1, verdict, Grade.AS_NEW, Disposition.RESTOCK)
    return Judgement(line, 1, verdict, Grade.USED, Disposition.SEND_BACK, "The soles are worn.")


async def give_more_time(world: SmallWorld, case: Case, days: int) -> None:
    try:
        await extend(world.ports, world.shop, case.id, days, "ann")
    except DomainError:
        return


async def give_up(world: SmallWorld, case: Case, *, pays: bool) -> None:
    try:
        await close_short(world.ports, world.shop, case.id, "ann", pays=pays)
    except DomainError:
        return


async def end_debit(world: SmallWorld, which: int, *, is_paid: bool) -> None:
    debits = await Debit.all().order_by("id")
    if not debits:
        return
    end = settle_debit if is_paid else waive_debit
    try:
        await end(world.ports, world.shop, debits[which % len(debits)].id, "ann")
    except DomainError:
        return
