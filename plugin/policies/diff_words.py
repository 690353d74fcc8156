"""The English in which a change between two policies is told: where it applies, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from enum import StrEnum
from typing import Any, NamedTuple

from babel.core import Locale

from plugin.core.words import Words
from plugin.policies.cells import MOMENT, MONEY, SEVERAL, Moment, Sum
from plugin.policies.conditions import Span
from plugin.policies.decision import LineDecision
from plugin.policies.document import Then
from plugin.policies.grid import Grid
from plugin.policies.law.names import NAMES
from plugin.policies.reasons import Action, Mode, Outcome, Payer, Reason, Resolution
from plugin.policies.regions import Region, bits
from plugin.policies.statutory_cells import LAW
from plugin.policies.terms import CLOCKS

_WORDS = Words("en", UTC)
_ACTIONS = {
    Action.CANCEL: "Cancellation", Action.RETURN: "Return", Action.EXCHANGE: "Exchange", Action.FAULT: "Fault",
}  # fmt: skip
_RESOLUTIONS = {
    Resolution.REFUND: "refund", Resolution.STORE_CREDIT: "store credit", Resolution.EXCHANGE: "exchange",
    Resolution.RESHIPMENT: "a new parcel",
}  # fmt: skip
_HAPPENED = {"placed": "the order", "shipped": "shipping", "delivered": "delivery"}
_FLAGS = {
    "is_business": ("consumers", "businesses"), "on_sale": ("full price", "on sale"),
    "final_sale": ("not final sale", "final sale"), "personalised": ("not personalised", "personalised"),
}  # fmt: skip
_LISTED = {
    "channel": "channel", "reason": "reason", "risk": "risk", "kind": "goods", "product_id": "product",
    "tags": "tag", "categories": "category", "custodians": "paid through",
}  # fmt: skip


class Answer(NamedTuple):
    """What a row answers to an order in one currency; ``fee`` is a sum in it."""

    outcome: Outcome
    reason: Reason
    resolutions: tuple[Resolution, ...] | None
    bonus_percent: int | None
    fee: tuple[int, str] | None
    fee_percent: int | None
    label: Payer | None
    keep_item: bool
    compensation_percent: int | None
    offer: str | None
    mode: Mode

    @classmethod
    def of(cls, then: Then, currency: str) -> Answer:
        amount = (then.fee.amounts or {}).get(currency, 0) if then.fee else 0
        return cls(
            then.outcome, then.reason, then.resolutions, then.bonus_percent, (amount, currency) if amount else None,
            then.fee.percent if then.fee else None, then.label, then.keep_item,
            then.compensation_percent, then.offer, then.mode,
        )  # fmt: skip

    def as_decided(self, line: LineDecision) -> Answer:
        """The answer that the line was given, where that is not the row's own."""
        fee = line.fee > 0
        return self._replace(
            outcome=line.outcome, reason=line.reason, resolutions=line.resolutions or None,
            bonus_percent=self.bonus_percent if line.bonus else None, fee=self.fee if fee else None,
            fee_percent=self.fee_percent if fee else None, label=line.label, keep_item=line.keep_item,
            compensation_percent=self.compensation_percent if line.kept else None,
            offer=line.offer, mode=line.mode,
        )  # fmt: skip


def said_change(action: Action, where: str, before: str, after: str, unless: Sequence[str]) -> str:
    """ "Return, Germany, on sale, day 15 to 30 after delivery: refund becomes store credit." """
    place = f"{_ACTIONS[action]}, {where}" if where else f"{_ACTIONS[action]}, everything"
    named = [name if name == LAW else f"“{name}”" for name in unless]
    shown = named[:3] + ([f"{len(unless) - 3} other rows"] if len(unless) > 3 else [])
    excepted = f", except where {_either(shown)} answers" if unless else ""
    return f"{place}{excepted}: {before} becomes {after}."


def said_answer(before: Answer, after: Answer) -> tuple[str, str]:
    """Both answers; what is beside the outcome is said where it differs."""
    said = [_main(answer) for answer in (before, after)]
    if said[0] == said[1] and before.reason is not after.reason:
        said = [
            f"{text} ({answer.reason.replace('_', ' ')})" for text, answer in zip(said, (before, after), strict=True)
        ]
    for tell in _BESIDE:
        texts = [tell(answer) for answer in (before, after)]
        if texts[0] != texts[1]:
            usual = tell(_PLAIN) if before.outcome is not after.outcome else None  # goes without saying
            said = [f"{text}, {more}" if more != usual else text for text, more in zip(said, texts, strict=True)]
    return said[0], said[1]


def _main(answer: Answer) -> str:
    if answer.outcome is Outcome.REFUSE:
        return "refusal"
    given = " or ".join(_RESOLUTIONS[resolution] for resolution in answer.resolutions or ())
    if answer.bonus_percent:
        given = given.replace("store credit", f"store credit with {answer.bonus_percent}% on top")
    if answer.outcome is Outcome.REVIEW:
        return f"a person's look ({given})" if given else "a person's look"
    return given or "approval"


def _fee(answer: Answer) -> str:
    if answer.fee:
        return f"a fee of {_WORDS.money(*answer.fee)}"
    return f"a fee of {answer.fee_percent}%" if answer.fee_percent else "no fee"


def _label(answer: Answer) -> str:
    return f"the {answer.label} pays the way back" if answer.label else "nobody is named to pay the way back"


def _item(answer: Answer) -> str:
    if answer.compensation_percent:
        return f"the item is kept and {answer.compensation_percent}% of its price paid"
    return "the item is kept" if answer.keep_item else "the item goes back"


def _offer(answer: Answer) -> str:
    return f"with the offer “{answer.offer}”" if answer.offer else "without an offer"


def _mode(answer: Answer) -> str:
    return _MODES[answer.mode]


_MODES = {
    Mode.AUTOMATIC: "answered at once", Mode.SUGGEST: "answered by a person who sees it",
    Mode.SHADOW: "answered by a person who does not see it",
}  # fmt: skip
_PLAIN = Answer.of(Then(outcome=Outcome.APPROVE), "USD")
_BESIDE = (_fee, _label, _item, _offer, _mode)


def said_region(grid: Grid, region: Region) -> str:
    """Everything that narrows the region, most telling first; empty where nothing does."""
    return ", ".join(_parts(grid, region))


def _parts(grid: Grid, region: Region) -> Iterator[str]:
    whole = grid.whole.alive
    narrowed = {name: _values(grid, name, mask) for name, mask in region.alive.items() if mask != whole[name]}
    if "country" in narrowed:
        yield _countries(grid, narrowed["country"])
    for name, (no, yes) in _FLAGS.items():
        if name in narrowed:
            yield yes if narrowed[name] == [True] else no
    for name, what in _LISTED.items():
        if name in SEVERAL:
            yield from _several(grid, region, name, what)
        elif name in narrowed:
            yield _listed(what, grid.values[name], narrowed[name])
    if "prior_cases" in narrowed:
        yield _prior(grid.values["prior_cases"], narrowed["prior_cases"])
    if MONEY in narrowed:
        yield from _money(grid, narrowed[MONEY])
    if MOMENT in narrowed:
        yield from _moments(grid, region.alive[MOMENT])
        if _is_beyond_the_law(grid, region):
            yield "after the term of the law"


def _values(grid: Grid, name: str, mask: int) -> list[Any]:
    return [grid.values[name][position] for position in bits(mask)]


def _either(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}"


def _countries(grid: Grid, left: list[str | None]) -> str:
    """By name; the one that stands for all other countries of its statute is called so."""
    names = Locale("en").territories
    others = {
        term.country: f"other countries under {NAMES[term.statute.id]}"
        for term in grid.terms
        if not term.is_named and len(term.statute.countries) > 1
    }
    every = grid.values["country"]
    if every[0] in left:
        return f"countries other than {_either([names.get(code, code) for code in every if code and code not in left])}"
    return _either([others.get(code or "", names.get(code or "", code or "")) for code in left])


def _listed(what: str, every: Sequence[Any], left: list[Any]) -> str:
    if every[0] is None and None in left:
        return f"{what} other than {_either([_shown(value) for value in every if value not in left])}"
    return f"{what} {_either([_shown(value) for value in left])}"


def _shown(value: Any) -> str:
    return value.replace("_", " ") if isinstance(value, StrEnum) else f"“{value}”"


def _several(grid: Grid, region: Region, name: str, what: str) -> Iterator[str]:
    for mask in region.needed[name]:
        yield f"{what} {_either([_shown(value) for value in _values(grid, name, mask & ~region.barred[name])])}"
    if region.barred[name]:
        yield f"not {what} {_either([_shown(value) for value in _values(grid, name, region.barred[name])])}"


def _prior(every: Sequence[int], left: list[int]) -> str:
    least, most = left[0], left[-1]
    above = [number for number in every if number > most]
    if not above:
        return f"{least} or more earlier cases"
    return f"fewer than {above[0]} earlier cases" if least == 0 else f"{least} to {above[0] - 1} earlier cases"


def _money(grid: Grid, left: Sequence[Sum]) -> Iterator[str]:
    """The currencies, each with its limits where it has some here; "other currencies" are those that no row names."""
    every: Sequence[Sum] = grid.values[MONEY]
    unnamed = every[0].currency
    said = []
    for currency in dict.fromkeys(each.currency for each in left):
        here = [each for each in left if each.currency == currency]
        name = "other currencies" if currency == unnamed else currency
        if len(here) == sum(each.currency == currency for each in every):
            said.append(name)
            continue
        limits = (
            _limit("order", currency, grid.totals.get(currency, ()), [each.total for each in here]),
            _limit("item", currency, grid.items.get(currency, ()), [each.item for each in here]),
        )
        said.append(" and ".join(filter(None, limits)) or name)
    if len(said) > 3 and "other currencies" in said:
        gone = dict.fromkeys(each.currency for each in every if each.currency not in {here.currency for here in left})
        if gone and all(" " not in each or each == "other currencies" for each in said):
            yield f"currencies other than {_either(list(gone))}"
            return
    yield _either([*said[:3], f"{len(said) - 3} other currencies"] if len(said) > 3 else said)


def _limit(what: str, currency: str, cuts: Iterable[int], amounts: Sequence[int]) -> str:
    least = max((cut for cut in cuts if cut <= min(amounts)), default=None)
    below = min((cut for cut in cuts if cut > max(amounts)), default=None)
    parts = [f"from {_WORDS.money(least, currency)}"] if least else []
    parts += [f"below {_WORDS.money(below, currency)}"] if below is not None else []
    return f"{what} {' and '.join(parts)}" if parts else ""


def _moments(grid: Grid, mask: int) -> Iterator[str]:
    every: Sequence[Moment] = grid.values[MOMENT]
    left = [every[position] for position in bits(mask)]
    for name, what in (("state", "order "), ("fault", "")):
        values = dict.fromkeys(getattr(moment, name) for moment in left)
        if len(values) < len({getattr(moment, name) for moment in every}) and name in grid.told_apart:
            yield what + _either([_shown(value) for value in values])
    for clock in CLOCKS:
        happened = {getattr(moment, f"{clock}_at") is not None for moment in left}
        known = {getattr(moment, f"{clock}_at") is not None for moment in every}
        if happened == {False} and True in known:
            yield f"not {clock} yet"
        elif bounds := _bounds(grid, clock, mask):
            yield bounds


def _is_beyond_the_law(grid: Grid, region: Region) -> bool:
    """Whether the region lies in a country whose law has a term, and behind it."""
    countries = _values(grid, "country", region.alive["country"])
    terms = [inside for term, inside in grid.terms.items() if [term.country] == countries]
    return any(inside and not inside & region.alive[MOMENT] for inside in terms)


def _bounds(grid: Grid, clock: str, mask: int) -> str:
    """The tightest windows on this clock that all these moments are within, or beyond; none that say nothing."""
    on_clock = {window: inside for window, inside in grid.windows.items() if window.clock == clock}
    happened = grid.happened(clock)
    if mask & ~happened:
        return ""
    beyond = [window for window, inside in on_clock.items() if not mask & inside and happened & inside]
    inside = [window for window, inside in on_clock.items() if not mask & ~inside and happened & ~inside]
    after = max(beyond, key=lambda window: on_clock[window].bit_count(), default=None)
    until = min(inside, key=lambda window: on_clock[window].bit_count(), default=None)
    days = [window.span.days for window in (after, until) if window and window.span.by is None]
    if len(days) == 2 and days[0] is not None and days[1] is not None:
        return f"day {days[0] + 1} to {days[1]} after {_HAPPENED[clock]}"
    said = [f"{prefix} {_span(window.span)}" for prefix, window in (("more than", after), ("within", until)) if window]
    return f"{' and '.join(said)} after {_HAPPENED[clock]}" if said else ""


def _span(span: Span) -> str:
    for unit in ("minutes", "hours", "days", "business_days"):
        if (number := getattr(span, unit)) is not None:
            name = unit.replace("_", " ")
            return f"{number} {name if number != 1 else name[:-1]}" + (f" by {span.by}" if span.by else "")
    raise AssertionError("A span has exactly one unit.")
