"""The tree of commands."""

from __future__ import annotations

import typer

from handlers.cli import (
    backups,
    care,
    codes,
    connect,
    desk,
    person,
    policies,
    processes,
    removing,
    shops,
    staff,
    triggering,
    trust,
    trying,
    versions,
)

app = typer.Typer(
    name="comeback",
    help="Let shoppers cancel at once, refund them once, and give them a reason to come back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="Begin with [bold]comeback demo[/]. When something is wrong, [bold]comeback doctor[/] says how to mend it.",
)
sandbox = typer.Typer(name="sandbox", help="Stand-ins to develop against.", no_args_is_help=True)
sandbox.command("stripe")(processes.sandbox_stripe)

_RUN, _SHOPS, _DAILY, _CARE = "Run it", "Shops", "Day by day", "Look after it"
app.command(rich_help_panel=_RUN)(processes.demo)
app.command(rich_help_panel=_RUN)(processes.serve)
app.command(rich_help_panel=_RUN)(processes.work)
app.command(rich_help_panel=_RUN)(processes.migrate)
app.add_typer(sandbox, rich_help_panel=_RUN)
app.add_typer(connect.connect, rich_help_panel=_SHOPS)
app.add_typer(shops.shop, rich_help_panel=_SHOPS)
shops.shop.command("remove")(removing.remove)
app.add_typer(policies.policy, rich_help_panel=_SHOPS)
policies.policy.command("diff")(trying.diff)
policies.policy.command("backtest")(trying.backtest)
policies.policy.command("list")(versions.list_versions)
policies.policy.command("show")(versions.show_policy)
policies.policy.command("draft")(versions.save_draft)
policies.policy.command("publish")(versions.publish_policy)
policies.policy.command("unschedule")(versions.unschedule)
policies.policy.command("rollback")(versions.rollback)
policies.policy.command("discard")(versions.discard)
policies.policy.command("agreement")(trust.show_agreement)
policies.policy.command("promote")(trust.promote)
app.add_typer(staff.staff, rich_help_panel=_SHOPS)
app.command(rich_help_panel=_SHOPS)(processes.previews)
app.command(rich_help_panel=_SHOPS)(triggering.trigger)

app.add_typer(desk.case, rich_help_panel=_DAILY)
app.add_typer(person.person, rich_help_panel=_DAILY)
app.add_typer(desk.refund, rich_help_panel=_DAILY)
app.add_typer(desk.inbox, rich_help_panel=_DAILY)
app.add_typer(codes.codes, rich_help_panel=_DAILY)

app.command(rich_help_panel=_CARE)(care.doctor)
app.command(rich_help_panel=_CARE)(care.sweep)
app.command(rich_help_panel=_CARE)(backups.backup)
app.command(rich_help_panel=_CARE)(backups.restore)
app.command(rich_help_panel=_CARE)(backups.reconcile)
app.add_typer(care.audit, rich_help_panel=_CARE)
app.add_typer(care.keys, rich_help_panel=_CARE)
