"""What the demo tells: each step with its time, for a person as lines, for a program as one JSON object."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC

from msgspec import Struct
from rich.console import Console
from rich.markup import escape

from plugin.core.words import Words


class StepFailed(Exception):
    """A step of the story did not do what it should; ``args[0]`` says what was seen instead."""


class Step(Struct, frozen=True):
    """One step: its stable name, how long it took, whether it did what it should, and what happened."""

    name: str
    ms: float
    ok: bool
    detail: str


class Report(Struct, frozen=True, kw_only=True):
    """The whole story as ``--json`` prints it. Amounts are minor units of ``currency``; None where it never came."""

    storefront: str
    ok: bool
    steps: list[Step]
    ready_ms: float
    click_to_refund_and_mail_ms: float | None
    refund_id: str | None
    amount: int | None
    currency: str | None
    code: str | None
    mail_path: str | None
    case_id: str | None
    order_id: str | None
    shop_id: str | None
    urls: dict[str, str]


@dataclass
class Telling:
    """What a step has to say of itself."""

    detail: str = ""


@dataclass
class Transcript:
    """Collects the steps, and prints each as soon as it is over. Without a console it is silent."""

    console: Console | None
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[Telling]:
        """Time the block as one step; ``StepFailed`` in it is told and passed on."""
        telling, started = Telling(), time.perf_counter()
        try:
            yield telling
        except Exception as error:
            reason = str(error) if isinstance(error, StepFailed) else f"{type(error).__name__}: {error}"
            self._told(Step(name, _ms_since(started), False, reason), title)
            raise
        self._told(Step(name, _ms_since(started), True, telling.detail), title)

    def say(self, text: str = "") -> None:
        """A line for a person; ``text`` may hold markup."""
        if self.console is not None:
            self.console.print(text, soft_wrap=True)

    @property
    def is_good(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)

    def _told(self, step: Step, title: str) -> None:
        self.steps.append(step)
        mark = "[green]✓[/]" if step.ok else "[red]✗[/]"
        self.say(f" {mark} {title} [dim]{step.ms:>7.1f} ms[/]")
        if step.detail:
            self.say(f"     [dim]{escape(step.detail)}[/]" if step.ok else f"     [red]{escape(step.detail)}[/]")


def require(holds: object, otherwise: str) -> None:
    """Raise ``StepFailed`` with the sentence ``otherwise`` unless ``holds``."""
    if not holds:
        raise StepFailed(otherwise)


def money(amount: int, currency: str) -> str:
    """Minor units as an English reader writes them: $266.66."""
    return Words("en", UTC).money(amount, currency)


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
