"""The policy that a new shop starts with."""

from __future__ import annotations

from collections.abc import Mapping

from plugin.policies.conditions import Since, Span, When
from plugin.policies.document import Otherwise, Policy, Row, Then
from plugin.policies.reasons import Action, Outcome, Reason
from plugin.ports.orders import LineKind

# About 500 US dollars, in minor units: above it a person looks. A currency not listed here counts as above.
LOOK_ABOVE: Mapping[str, int] = {
    "USD": 50_000, "EUR": 50_000, "GBP": 40_000, "CHF": 50_000, "CAD": 70_000, "AUD": 75_000, "NZD": 80_000,
    "JPY": 75_000, "KRW": 700_000, "CNY": 350_000, "HKD": 400_000, "SGD": 65_000, "TWD": 1_600_000, "INR": 4_000_000,
    "ISK": 70_000, "NOK": 500_000, "SEK": 500_000, "DKK": 350_000, "PLN": 200_000, "CZK": 1_100_000, "HUF": 18_000_000,
    "RON": 230_000, "UAH": 2_000_000, "RUB": 4_000_000, "TRY": 2_000_000, "ILS": 180_000, "AED": 180_000,
    "SAR": 190_000, "KWD": 150_000, "BHD": 190_000, "BRL": 270_000, "MXN": 950_000, "ARS": 50_000_000,
    "CLP": 470_000, "COP": 200_000_000, "PEN": 185_000, "ZAR": 900_000,
}  # fmt: skip


def default_policy(look_above: Mapping[str, int] = LOOK_ABOVE) -> Policy:
    """Whatever has not shipped can be cancelled at once, with three exceptions, each for a reason that one can say.

    Gift cards are sent and spent at once; what is made for one person can be stopped for an hour; and above
    ``look_above`` (minor units by currency) a person looks first. An order that is frozen, disputed or not fully
    explained goes to a person under every policy: ``decide()`` sees to that itself.
    """
    return Policy(
        format=1,
        name="Cancel until it ships",
        rows=(
            Row(
                id="gift-cards",
                action=Action.CANCEL,
                when=When(line_kinds=(LineKind.GIFT_CARD,)),
                then=Then(outcome=Outcome.REFUSE, reason=Reason.GIFT_CARD),
            ),
            Row(
                id="made-to-order-after-an-hour",
                action=Action.CANCEL,
                when=When(personalised=True, since_placed=Since(at_least=Span(hours=1))),
                then=Then(outcome=Outcome.REFUSE, reason=Reason.MADE_TO_ORDER),
            ),
            Row(
                id="high-value",
                action=Action.CANCEL,
                when=When(value_at_least=dict(look_above)),
                then=Then(outcome=Outcome.REVIEW, reason=Reason.HIGH_VALUE),
            ),
        ),
        otherwise=Otherwise(cancel=Then(outcome=Outcome.APPROVE)),
    )
