"""What a run has shown, as one line of JSON: written as soon as it is known, so that a cut-off round is not lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct, field

from tests.faults.errands import Errand

EARLIER_SHOPS = "earlier shops of a town"
"""The line of what a town finds in its end, when it looks once more at the shops of all its runs."""


class Result(Struct, frozen=True, kw_only=True):
    """``recovery``: seconds from the last strike, or the healing, until all was final; None if it never was.

    ``missed`` names what was to strike and never did: such a run proves nothing. ``took`` is in seconds.
    """

    errand: Errand
    line: str
    broken: list[str] = []
    missed: list[str] = []
    recovery: float | None = None
    took: float = 0.0
    timeline: str = ""
    revision: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


MAY_MISS = 10
"""Percent of a round's runs that may have found nothing to strike at, before it counts as none."""


def strikes_too_little(results: Iterable[Result]) -> str | None:
    """Why a round proves too little, in a sentence: more of its runs than ``MAY_MISS`` did not strike."""
    runs = [result for result in results if result.line != EARLIER_SHOPS]
    missed = sum(bool(result.missed) for result in runs)
    if 100 * missed <= MAY_MISS * len(runs):
        return None
    return f"{missed} of {len(runs)} runs did not strike; {MAY_MISS} % may."


def keep(path: Path, result: Result) -> None:
    """Append it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(msgspec.json.encode(result) + b"\n")


def kept(path: Path) -> list[Result]:
    """What was appended; half a line, of a process that was cut off, is left out.

    The last of a run and revision counts; but a violation stays: to play it again and be lucky disproves nothing.
    """
    if not path.exists():
        return []
    found: dict[tuple[Errand, str, str], Result] = {}
    for line in path.read_bytes().splitlines():
        try:
            result = msgspec.json.decode(line, type=Result)
        except msgspec.DecodeError:
            continue
        which = (result.errand, result.line, result.revision)
        if which not in found or not found[which].broken:
            found[which] = result
    return list(found.values())


def still_to_do(errands: Iterable[Errand], done: Iterable[Result], revision: str) -> list[Errand]:
    """The errands without a result of this revision."""
    have = {result.errand for result in done if result.revision == revision}
    return [errand for errand in errands if errand not in have]
