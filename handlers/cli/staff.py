"""The commands about the people of a shop, of whom the first is invited here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from handlers.cli.frame import AsJson, ShopId, fail, load, opened, out, print_json, run, shops_of

if TYPE_CHECKING:
    from plugin.access.models import StaffMember

staff = typer.Typer(name="staff", help="Who may sign in to the admin API of a shop.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their address.")]
By = Annotated[str, typer.Option("--by", help="Your name: the audit says who did it.")]
AtCommandLine = "the operator"


@staff.command("invite")
def invite(
    shop_id: ShopId,
    email: Email,
    role: Annotated[str, typer.Option("--role", help="viewer, agent, approver, admin or owner.")],
    by: By = AtCommandLine,
) -> None:
    """Invite somebody by mail. Without a mail server the link is printed: hand it over yourself, it works once."""
    made, link = run(_invite(shop_id, email, role, by))
    if link is None:
        out.print(f"[green]✓[/] {made} has a mail.", highlight=False)
        return
    out.print(f"[green]✓[/] {made} may join until three days from now, by this link:", highlight=False)
    sys.stdout.write(link + "\n")


async def _invite(shop_id: str, email: str, role: str, by: str) -> tuple[str, str | None]:
    from plugin.access.roles import Role
    from plugin.db import transaction
    from plugin.journeys import staff_accounts

    if role not in tuple(Role):
        fail(f"A role is one of {', '.join(Role)}.")
    settings = load()
    is_mailed = settings.smtp_url is not None
    async with opened(settings) as ports:
        (shop,) = await shops_of(shop_id)
        async with transaction(ports.doorbell) as tx:
            made = await staff_accounts.invite(
                tx, ports, shop, email=email, role=Role(role), by=by, is_mailed=is_mailed
            )
    return made.email, None if is_mailed else staff_accounts.invitation_url(ports, made.token)


@staff.command("list")
def list_staff(shop_id: ShopId, as_json: AsJson = False) -> None:
    """Who has an account, and who is invited."""

    async def read() -> list[dict[str, Any]]:
        from plugin.access.accounts import accounts_of, invitations_of

        async with opened(load()) as ports:
            (shop,) = await shops_of(shop_id)
            joined = [
                {"email": each.email, "role": each.role, "state": _state(each), "since": each.created_at}
                for each in await accounts_of(shop.id)
            ]
            invited = await invitations_of(shop.id, ports.clock.now())
            return joined + [
                {"email": each.email, "role": each.role, "state": "invited", "since": each.created_at}
                for each in invited
            ]

    found = run(read())
    if as_json:
        print_json(found)
        return
    table = Table("Address", "Role", "", "Since")
    for each in found:
        table.add_row(each["email"], each["role"], each["state"], f"{each['since']:%Y-%m-%d %H:%M}")
    out.print(
        table if found else "Nobody yet. Invite the first: [bold]comeback staff invite SHOP EMAIL --role owner[/]"
    )


def _state(account: StaffMember) -> str:
    return "with an authenticator" if account.sealed_totp is not None else "by password only"


@staff.command("remove")
def remove(shop_id: ShopId, email: Email, by: By = AtCommandLine) -> None:
    """End somebody's account, their sessions and the invitations that they sent. A shop keeps one owner."""

    async def end() -> str:
        from plugin.journeys import staff_accounts

        async with opened(load()) as ports:
            (shop,) = await shops_of(shop_id)
            account = await _account(shop.id, email)
            await staff_accounts.remove(ports, shop, account.id, by)
            return account.email

    out.print(f"[green]✓[/] {run(end())} can no longer sign in.", highlight=False)


@staff.command("reset-totp")
def reset_totp(shop_id: ShopId, email: Email, by: By = AtCommandLine) -> None:
    """Somebody has lost their authenticator and all recovery codes: let the password do. Be sure that it is them."""

    async def reset() -> str:
        from plugin.journeys import staff_accounts

        async with opened(load()) as ports:
            (shop,) = await shops_of(shop_id)
            account = await _account(shop.id, email)
            await staff_accounts.reset_authenticator(ports, shop, account.id, by)
            return account.email

    out.print(
        f"[green]✓[/] {run(reset())} signs in by password, and may set up another authenticator.", highlight=False
    )


async def _account(shop_id: str, email: str) -> StaffMember:
    from plugin.access.accounts import find_account

    account = await find_account(shop_id, email)
    if account is None:
        fail(f"{email} has no account at this shop.")
    return account
