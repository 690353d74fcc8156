"""``comeback policy``: the rules by which a shop's asks are decided."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from handlers.cli.frame import AsJson, fail, out, print_json

if TYPE_CHECKING:
    from plugin.policies.linting.remarks import Remark

policy = typer.Typer(name="policy", help="The rules by which a shop's asks are decided.", no_args_is_help=True)

Document = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A JSON file.")]


@policy.command("check")
def check_policy(
    document: Document,
    country: Annotated[
        list[str] | None, typer.Option(help="A country that you sell to, such as DE; as often as you like.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read a policy of a JSON file and say what is wrong with it, row by row. Ends with 1 where it cannot be published.

    Without --country it is looked at for every country whose law is known.
    """
    from plugin.policies.document import BadPolicy, parse_policy, policy_hash
    from plugin.policies.lint import has_errors, lint

    try:
        parsed = parse_policy(document.read_bytes())
    except BadPolicy as error:
        if as_json:
            print_json({"ok": False, "problem": {"detail": error.detail, **error.extra}, "remarks": []})
            raise typer.Exit(1) from None
        fail(visible(error.detail))
    remarks = lint(parsed, country)
    is_wrong = has_errors(remarks)
    if as_json:
        told = msgspec.to_builtins(remarks)
        print_json({"ok": not is_wrong, "hash": policy_hash(parsed), "problem": None, "remarks": told})
    else:
        _tell(remarks, rows=len(parsed.rows))
    if is_wrong:
        raise typer.Exit(1)


def _tell(remarks: Sequence[Remark], *, rows: int) -> None:
    for remark in remarks:
        sign = "[red]✗[/]" if remark.severity == "error" else "[yellow]![/]"
        out.print(f"{sign} ", end="")
        out.print(visible(remark.sentence), markup=False, highlight=False, soft_wrap=True)
        for source in remark.sources:
            out.print(f"    {source}", markup=False, highlight=False, soft_wrap=True)
    errors = sum(remark.severity == "error" for remark in remarks)
    if errors:
        out.print(f"[red]✗[/] It cannot be published: {errors} of {len(remarks)} remarks are errors.", highlight=False)
    else:
        out.print(f"[green]✓[/] It can be published. {rows} rows, {len(remarks)} warnings.", highlight=False)


def visible(text: str) -> str:
    """What a file says, without what a terminal would obey."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


@policy.command("schema")
def show_schema() -> None:
    """The JSON Schema of a policy, for your editor. A running Comeback serves it as /docs/policy.schema.json."""
    from plugin.policies.document import policy_schema

    print_json(policy_schema())


@policy.command("ready")
def show_ready(name: Annotated[str | None, typer.Argument(help="Which one; none lists them.")] = None) -> None:
    """Print a ready-made policy as JSON, to begin with: comeback policy ready fashion > policy.json"""
    from plugin.policies.ready_made.shelf import READY

    if name is None:
        for each, ready in READY.items():
            out.print(f"{each:<15}{ready.name}, {len(ready.rows)} rows", highlight=False)
    elif name in READY:
        print_json(msgspec.to_builtins(READY[name], order="deterministic"))
    else:
        fail(f"A ready-made policy is one of {', '.join(READY)}.")
