"""The units of a case that come back: counted in, looked at, settled or given back (I3).

A unit is awaited, then here (``received_at``), then accepted or rejected; each is a compare-and-set, so that nobody
counts or judges one twice. All callers hold the case's lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.exceptions import IntegrityError

from plugin.cases.models import CaseUnit
from plugin.cases.store import UnitsTaken, units_of_case
from plugin.db import Transaction

ACCEPTED, REJECTED = "accepted", "rejected"
LOST, SILENT, CAME_LATE, NOT_SENT = "parcel_lost", "parcel_silent", "came_late", "not_sent"
WRONG_ITEM, NOT_TAKEN = "wrong_item", "goods_rejected"
ABOUT_GOODS = (LOST, SILENT, CAME_LATE, NOT_SENT, WRONG_ITEM)
"""Why a person has a case whose goods are at fault: whatever they do with the goods is their answer."""
UNSEEN = (NOT_SENT, SILENT)
"""Those that the first scan of its parcel answers."""


@dataclass(frozen=True)
class Goods:
    """All units of a case by how far they have come. Those that a person or an expiry has let go are in none of them.

    ``forgiven`` are given for although they never came: a person has said so, or they may be kept.
    """

    awaited: tuple[CaseUnit, ...]
    here: tuple[CaseUnit, ...]
    accepted: tuple[CaseUnit, ...]
    rejected: tuple[CaseUnit, ...]
    forgiven: tuple[CaseUnit, ...]

    @property
    def are_open(self) -> bool:
        """Whether something is still to come, or here and not looked at."""
        return bool(self.awaited or self.here)


async def goods_of(case_id: str) -> Goods:
    units = await units_of_case(case_id)
    still = [unit for unit in units if unit.state == "open"]
    return Goods(
        awaited=tuple(unit for unit in still if unit.received_at is None),
        here=tuple(unit for unit in still if unit.received_at is not None and unit.inspection is None),
        accepted=tuple(unit for unit in units if unit.inspection == ACCEPTED),
        rejected=tuple(unit for unit in units if unit.inspection == REJECTED),
        forgiven=tuple(unit for unit in units if unit.state == "settled" and unit.inspection is None),
    )


async def count_in(tx: Transaction, case_id: str, wanted: Mapping[str, int], at: datetime) -> Counter[str]:
    """Up to so many awaited units of each of these lines are here now; how many of each there were."""
    counted = await tx.rows(
        "UPDATE case_units SET received_at = $4 FROM "
        "(SELECT id, row_number() OVER (PARTITION BY line_id ORDER BY ordinal) AS n FROM case_units "
        "WHERE case_id = $1 AND state = 'open' AND received_at IS NULL) awaited, "
        "unnest($2::text[], $3::bigint[]) AS wanted (line, quantity) "
        "WHERE case_units.id = awaited.id AND line_id = line AND n <= quantity RETURNING line_id",
        case_id, [*wanted], [*wanted.values()], at,
    )  # fmt: skip
    return Counter(row["line_id"] for row in counted)


@dataclass(frozen=True)
class Judgement:
    """What a person says of so many units of a line. ``finding`` are their words, which the shopper reads."""

    line_id: str
    quantity: int
    verdict: str
    grade: str
    disposition: str
    finding: str | None = None


async def judge(tx: Transaction, case_id: str, judged: Sequence[Judgement]) -> Counter[str]:
    """Units that are here get the verdicts, each line's in the order of these; how many of each line there were.

    Their state stays, until all is said.
    """
    before: Counter[str] = Counter()
    firsts = []
    for each in judged:
        firsts.append(before[each.line_id])
        before[each.line_id] += each.quantity
    counted = await tx.rows(
        "UPDATE case_units SET inspection = said.verdict, grade = said.grade, disposition = said.disposition, "
        "finding = said.words FROM (SELECT id, row_number() OVER (PARTITION BY line_id ORDER BY ordinal) AS n "
        "FROM case_units WHERE case_id = $1 AND state = 'open' AND received_at IS NOT NULL AND inspection IS NULL) "
        "here, "
        "unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) "
        "AS said (line, first, quantity, verdict, grade, disposition, words) WHERE case_units.id = here.id "
        "AND line_id = said.line AND n > said.first AND n <= said.first + said.quantity RETURNING line_id",
        case_id, [each.line_id for each in judged], firsts, [each.quantity for each in judged],
        [each.verdict for each in judged], [each.grade for each in judged], [each.disposition for each in judged],
        [each.finding for each in judged],
    )  # fmt: skip
    return Counter(row["line_id"] for row in counted)


async def end_units(tx: Transaction, case_id: str, *, keeps: bool) -> None:
    """Nothing more comes, and nothing is undecided: what was accepted is settled, and the rest may be asked for again.

    ``keeps``: all of it was paid for before anybody looked. Then nothing is given back: a unit that was paid for once
    is not asked for, and paid for, again (I5), until its debit is settled.
    """
    await tx.execute(
        "UPDATE case_units SET state = CASE WHEN inspection = 'accepted' OR $2 THEN 'settled' ELSE 'released' END "
        "WHERE case_id = $1 AND state = 'open'",
        case_id, keeps,
    )  # fmt: skip


async def forgive(tx: Transaction, case_id: str) -> int:
    """What is still awaited is given for all the same."""
    counted: int = await tx.execute(
        "UPDATE case_units SET state = 'settled' WHERE case_id = $1 AND state = 'open' AND received_at IS NULL", case_id
    )
    return counted


async def keep(tx: Transaction, case_id: str, lines: Sequence[str]) -> None:
    """Units of these lines are given for, and nobody waits for them."""
    await tx.execute(
        "UPDATE case_units SET state = 'settled' WHERE case_id = $1 AND state = 'open' AND line_id = ANY($2)",
        case_id, list(lines),
    )  # fmt: skip


async def let_go_rejected(tx: Transaction, case_id: str, *, state: str = "open") -> None:
    """What was not accepted, and is not paid for, or has been paid back: it may be asked for again."""
    await tx.execute(
        "UPDATE case_units SET state = 'released' WHERE case_id = $1 AND state = $2 AND inspection = 'rejected'",
        case_id, state,
    )  # fmt: skip


async def let_go_not_sent(tx: Transaction, case_id: str, *, stays: Sequence[str]) -> None:
    """The shopper has paid back what was paid for goods that never came: they may be asked for again. Those of the
    lines ``stays`` were never to come."""
    await tx.execute(
        "UPDATE case_units SET state = 'released' WHERE case_id = $1 AND state = 'settled' AND inspection IS NULL "
        "AND line_id <> ALL($2)",
        case_id, list(stays),
    )  # fmt: skip


async def take_back_units(tx: Transaction, case_id: str) -> None:
    """An expired case goes on: its units are its own again; raises ``UnitsTaken`` where another case has one (I2)."""
    try:
        await tx.execute(
            "UPDATE case_units SET state = 'open' WHERE case_id = $1 AND state = 'released' AND inspection IS NULL",
            case_id,
        )
    except IntegrityError as error:
        raise UnitsTaken() from error


def lines_of(units: Sequence[CaseUnit]) -> dict[str, int]:
    """How many of these units each line has."""
    counts: dict[str, int] = {}
    for unit in units:
        counts[unit.line_id] = counts.get(unit.line_id, 0) + 1
    return counts
