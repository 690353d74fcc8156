"""The answers of a policy by name, and how far each is trusted: a row by its id, or ``otherwise.cancel``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import structs

from plugin.core.errors import DomainError
from plugin.policies.conditions import When
from plugin.policies.document import OTHERWISE, Otherwise, Policy, Then
from plugin.policies.reasons import Action, Mode


class NoSuchRow(DomainError):
    status = 404
    code = "no_such_row"
    sentence = "The live policy has no row of this name."


@dataclass(frozen=True)
class Answering:
    """One row, or (without ``when``) what is answered where no row matched."""

    action: Action
    when: When | None
    then: Then

    def answers_like(self, other: Answering) -> bool:
        """Whether both say the same of the same, however far they are trusted."""
        return (self.action, self.when, _trusted(self.then)) == (other.action, other.when, _trusted(other.then))


def name_of(action: Action, rule: str) -> str:
    """How people call the row that a verdict names."""
    return f"{OTHERWISE}.{action}" if rule == OTHERWISE else rule


def answers_by_name(policy: Policy) -> Mapping[str, Answering]:
    """Every answer of a policy, in its order."""
    by_rows = {row.id: Answering(row.action, row.when, row.then) for row in policy.rows}
    return by_rows | {
        name_of(action, OTHERWISE): Answering(action, None, then) for action, then in policy.otherwise.by_action.items()
    }


def with_mode(policy: Policy, name: str, mode: Mode) -> Policy:
    """The same policy, but with the answer of this name trusted as far as that; raises ``NoSuchRow``."""
    if name not in answers_by_name(policy):
        raise NoSuchRow(detail=f"The live policy has no row {name!r}.", param="row")
    rows = tuple(
        structs.replace(row, then=structs.replace(row.then, mode=mode)) if row.id == name else row
        for row in policy.rows
    )
    thens = {
        str(action): structs.replace(then, mode=mode) if name == name_of(action, OTHERWISE) else then
        for action, then in policy.otherwise.by_action.items()
    }
    otherwise = Otherwise(
        cancel=thens["cancel"], returning=thens["return"], exchange=thens["exchange"], fault=thens["fault"]
    )
    return structs.replace(policy, rows=rows, otherwise=otherwise)


def _trusted(then: Then) -> Then:
    return structs.replace(then, mode=Mode.AUTOMATIC)
