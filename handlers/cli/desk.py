"""The commands of a person of the shop: cases and refunds that wait for one, and webhooks that could not be read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from handlers.cli.frame import AsJson, ShopId, fail, load, opened, out, print_json, run, shops_of

if TYPE_CHECKING:
    from plugin.cases.models import Case

case = typer.Typer(name="case", help="What shoppers have asked for, and what waits for a person.", no_args_is_help=True)
refund = typer.Typer(name="refund", help="Refunds that need a person's hand.", no_args_is_help=True)
inbox = typer.Typer(name="inbox", help="Webhooks that could not be read, and why.", no_args_is_help=True)

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="The case's id.")]
RefundId = Annotated[
    str, typer.Argument(metavar="REFUND", help="Our id of the refund, as `comeback case show` lists it.")
]
By = Annotated[str, typer.Option("--by", help="Your name: the audit says who did it.", prompt="Your name")]

Pay = Annotated[
    str | None,
    typer.Option("--pay", metavar="AMOUNT", help="Pay back only this much, say 12.50; the shopper is told so."),
]
Reason = Annotated[str, typer.Option("--reason", help="Why less is paid back, for the audit.")]

Step = Callable[..., Awaitable[Any]]


async def _at_desk(step: Step, shop_id: str, ref: str, by: str) -> Any:
    async with opened(load()) as ports:
        (shop,) = await shops_of(shop_id)
        return await step(ports, shop, ref, f"staff:{by}")


async def _with_money(step: Step, shop_id: str, case_id: str, by: str, pay: str | None, reason: str) -> None:
    """A step that lets a case's money go: all that it owes, or what ``--pay`` says in the case's own currency."""
    from plugin.cases.store import get_case
    from plugin.core.money import parse_amount
    from plugin.journeys.on_desk import Less

    if pay is not None and not pay.strip():
        fail("--pay needs an amount, say 12.50.")  # as money, no text at all is nothing: the shopper would get nothing
    async with opened(load()) as ports:
        (shop,) = await shops_of(shop_id)
        currency = (await get_case(shop.id, case_id)).currency
        less = Less(parse_amount(pay, currency), reason) if pay is not None else None
        await step(ports, shop, case_id, f"staff:{by}", less)


@case.command("list")
def list_cases(shop_id: ShopId, as_json: AsJson = False) -> None:
    """The cases that wait for a person, the most urgent first."""

    async def read() -> list[dict[str, Any]]:
        from plugin.cases.store import waiting_for_staff

        async with opened(load()):
            (shop,) = await shops_of(shop_id)
            return [_brief(each) for each in await waiting_for_staff(shop.id)]

    found = run(read())
    if as_json:
        print_json(found)
        return
    table = Table("Case", "Number", "State", "Why", "Due")
    for each in found:
        table.add_row(
            each["case"], each["number"], each["state"], each["why"] or "", f"{each['due_at']:%Y-%m-%d %H:%M}"
        )
    out.print(table if found else "[green]✓[/] Nothing waits for a person.")


def _brief(each: Case) -> dict[str, Any]:
    return {
        "case": each.id,
        "number": each.number,
        "order": each.order_id,
        "state": each.state,
        "why": each.person_reason or each.store_reason,
        "owed": each.owed,
        "currency": each.currency,
        "due_at": each.due_at,
    }


@case.command("show")
def show_case(
    shop_id: ShopId, case_id: Annotated[str, typer.Argument(metavar="CASE", help="The case's id or its number.")]
) -> None:
    """One case as JSON: what was asked and decided, in the shopper's words and in yours, its refunds, and everything
    that the audit says of its order."""

    async def read() -> dict[str, Any]:
        from msgspec import to_builtins

        from plugin.audit.models import AuditEvent
        from plugin.cases.store import case_of_number, get_case
        from plugin.cases.trust import seen_by_staff
        from plugin.journeys.case_words import said_of
        from plugin.refunds.store import legs_of_case

        async with opened(load()):
            (shop,) = await shops_of(shop_id)
            look = get_case if case_id.startswith("case_") else case_of_number
            found = await look(shop.id, case_id)
            legs = [
                {"refund": leg.id, "kind": leg.kind, "amount": leg.amount, "state": leg.state, "failure": leg.failure}
                for leg in await legs_of_case(found.id)
            ]
            events = await AuditEvent.filter(order_id=found.order_id).order_by("n")
            return {
                **_brief(found),
                "asked_at": found.asked_at,
                "reason": found.reason,
                "withheld_reason": found.withheld_reason,
                "explanation": {told.locale: told.sentence for told in await said_of(shop, found)},
                "decision": to_builtins(seen_by_staff(found)),
                "refunds": legs,
                "audit": [{"at": event.at, "kind": event.kind, "event": event.canonical} for event in events],
            }

    print_json(run(read()))


@case.command("approve")
def approve(shop_id: ShopId, case_id: CaseId, by: By, pay: Pay = None, reason: Reason = "") -> None:
    """Say yes to a case under review: the store is asked, and the money follows."""
    from plugin.journeys import staff

    run(_with_money(staff.approve, shop_id, case_id, by, pay, reason))
    out.print("[green]✓[/] Approved. The store is being asked.")


@case.command("refuse")
def refuse(shop_id: ShopId, case_id: CaseId, by: By) -> None:
    """Say no: nothing is refunded, and the shopper is told what is possible instead."""
    from plugin.journeys import staff

    run(_at_desk(staff.refuse, shop_id, case_id, by))
    out.print("[green]✓[/] Refused. The shopper is told.")


@case.command("store-cancelled")
def store_cancelled(shop_id: ShopId, case_id: CaseId, by: By, pay: Pay = None, reason: Reason = "") -> None:
    """You have cancelled the order in your store's own admin: let the money go."""
    from plugin.journeys import staff

    run(_with_money(staff.confirmed_by_hand, shop_id, case_id, by, pay, reason))
    out.print("[green]✓[/] The refund is on its way.")


@case.command("ask-again")
def ask_again(shop_id: ShopId, case_id: CaseId, by: By, pay: Pay = None, reason: Reason = "") -> None:
    """Ask the store once more, after what kept it from answering is mended."""
    from plugin.journeys import staff

    run(_with_money(staff.ask_again, shop_id, case_id, by, pay, reason))
    out.print("[green]✓[/] The store is being asked again.")


@case.command("pay")
def pay_what_is_owed(shop_id: ShopId, case_id: CaseId, by: By, pay: Pay = None, reason: Reason = "") -> None:
    """The order's payments could not give what was owed, and by now they can: let it go, or less."""
    from plugin.journeys.pay_owed import pay_owed

    run(_with_money(pay_owed, shop_id, case_id, by, pay, reason))
    out.print("[green]✓[/] The refund is on its way.")


@case.command("unfreeze")
def unfreeze(shop_id: ShopId, case_id: CaseId, by: By) -> None:
    """You have looked at an order whose automatic money was stopped: let it flow again."""
    from plugin.journeys import staff

    run(_at_desk(staff.let_money_flow, shop_id, case_id, by))
    out.print("[green]✓[/] Money may flow on this order again.")


@case.command("close")
def close(shop_id: ShopId, case_id: CaseId, by: By) -> None:
    """Everything about this case is in order: take it off the list."""
    from plugin.journeys import staff

    run(_at_desk(staff.close, shop_id, case_id, by))
    out.print("[green]✓[/] Closed.")


@refund.command("paid")
def paid(shop_id: ShopId, refund_id: RefundId, by: By) -> None:
    """You have paid this refund by hand, say by bank transfer: only now is it called refunded."""
    from plugin.journeys import staff

    run(_at_desk(staff.mark_paid, shop_id, refund_id, by))
    out.print("[green]✓[/] Marked as paid. The shopper is told.")


@refund.command("retry")
def retry(shop_id: ShopId, refund_id: RefundId, by: By) -> None:
    """Try a refund that failed for good once more: as a new one, under a new key."""
    from plugin.journeys import staff

    fresh = run(_at_desk(staff.retry, shop_id, refund_id, by))
    out.print(f"[green]✓[/] Tried again as {fresh}.", highlight=False)


@inbox.command("list")
def list_inbox(shop_id: ShopId, as_json: AsJson = False) -> None:
    """The webhooks that were set aside, newest first, each with its reason."""

    async def read() -> list[dict[str, Any]]:
        from plugin.inbox.events import set_aside_events

        async with opened(load()):
            (shop,) = await shops_of(shop_id)
            return [
                {
                    "event": each.id,
                    "source": each.source,
                    "topic": each.topic,
                    "at": each.received_at,
                    "why": each.reason,
                }
                for each in await set_aside_events(shop.id)
            ]

    found = run(read())
    if as_json:
        print_json(found)
        return
    for each in found:
        out.print(f"[bold]{each['event']}[/] {each['at']:%Y-%m-%d %H:%M} {each['source']}", highlight=False)
        out.print(f"  {each['why']}", markup=False, highlight=False, soft_wrap=True)
    if not found:
        out.print("[green]✓[/] Every webhook could be read.")


@inbox.command("replay")
def replay(
    shop_id: ShopId,
    event_id: Annotated[
        str | None, typer.Argument(metavar="EVENT", help="One webhook; without it, all of them.")
    ] = None,
) -> None:
    """Read what was set aside once more, after a fix."""

    async def again() -> int:
        from plugin.db import transaction
        from plugin.inbox.events import READ_EVENT, get_event, reopen_event, set_aside_events
        from plugin.outbox.service import add

        done = 0
        async with opened(load()) as ports:
            (shop,) = await shops_of(shop_id)
            events = [await get_event(shop.id, event_id)] if event_id else await set_aside_events(shop.id, 10_000)
            for event in events:
                async with transaction(ports.doorbell) as tx:
                    if await reopen_event(tx, shop.id, event.id):
                        await add(tx, shop_id=shop.id, kind=READ_EVENT, ref=event.id)
                        done += 1
        return done

    out.print(f"[green]✓[/] {run(again())} webhooks are being read again. Without a running service: comeback sweep")
