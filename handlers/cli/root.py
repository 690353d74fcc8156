"""The tree of commands."""

from __future__ import annotations

import typer

from handlers.cli import processes

app = typer.Typer(
    name="comeback",
    help="Comeback: let shoppers cancel at once, refund them once, and give them a reason to come back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="Begin with [bold]comeback demo[/]. When something is wrong, [bold]comeback doctor[/] says how to mend it.",
)

_RUN = "Run"
app.command(rich_help_panel=_RUN)(processes.demo)
app.callback()(lambda: None)
