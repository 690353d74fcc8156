"""The ``comeback`` command. Each module holds the commands of one concern; what they need is imported when they run."""

from __future__ import annotations


def main() -> None:
    """The entry point."""
    from handlers.cli.root import app

    app()
