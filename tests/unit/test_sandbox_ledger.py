"""The sandbox's books balance after any sequence of refunds, failures and disputes; a checker relies on them."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from plugin.payments.sandbox import disputes, intents, refunds
from plugin.payments.sandbox.forms import Params
from plugin.payments.sandbox.ledger import Ledger, SandboxClock
from plugin.payments.sandbox.objects import Document
from plugin.payments.sandbox.refusals import Refusal

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["refund", "refund", "succeed", "fail", "dispute", "win"]),
        st.integers(1, 1500),
        st.integers(0, 9),
    ),
    max_size=40,
)
CARDS = st.sampled_from(["pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail"])


def paid(ledger: Ledger, card: str, authorised: int, captured: int) -> Document:
    form = {"amount": str(authorised), "currency": "usd", "confirm": "true", "payment_method": card}
    intent = intents.create(ledger, Params(form | {"capture_method": "manual"}), "")
    intents.capture(ledger, Params({"amount_to_capture": str(captured)}), intent["id"])
    return ledger.get("charge", intent["latest_charge"])


def play(ledger: Ledger, charge: Document, step: str, amount: int, place: int) -> None:
    made = [r for r in ledger.newest_first("refund") if r["balance_transaction"]]
    opened = list(ledger.newest_first("dispute"))
    if step == "refund":
        refunds.refund_charge(ledger, charge, amount=amount, reason=None, metadata={})
    elif step == "dispute":
        disputes.open_dispute(ledger, charge, amount=amount, reason="general", is_inquiry=amount % 2 == 0)
    elif step == "win" and opened:
        disputes.close_dispute(ledger, opened[place % len(opened)], "won")
    elif made:
        refunds.settle(ledger, made[place % len(made)], "failed" if step == "fail" else "succeeded")


@given(STEPS, CARDS, st.integers(min_value=1, max_value=5000))
def test_no_sequence_refunds_more_than_was_captured(
    steps: list[tuple[str, int, int]], card: str, captured: int
) -> None:
    ledger = Ledger("acct_1", SandboxClock(), lambda _ledger, _event: None)
    charge = paid(ledger, card, 5000, captured)
    for step in steps:
        with suppress(Refusal):
            play(ledger, charge, *step)
        alive = [r for r in ledger.newest_first("refund") if r["status"] not in ("failed", "canceled")]
        assert sum(refund["amount"] for refund in alive) == charge["amount_refunded"] <= charge["amount"]
        assert sum(refund["amount"] for refund in alive if refund["balance_transaction"]) <= captured
        assert charge["refunded"] == (charge["amount_refunded"] == charge["amount"])
