"""What an error of Stripe's SDK lets us conclude: only Stripe's own 4xx is a definitive no."""

from __future__ import annotations

import pytest
import stripe

from plugin.payments.stripe.errors import translate
from plugin.ports.payments import OutcomeStored, OutcomeUnknown, RejectCode, Rejected


def answered(
    status: int, *, code: str | None = None, param: str = "", in_stripes_form: bool = True
) -> stripe.StripeError:
    body = {"error": {"type": "invalid_request_error", "message": "No.", "code": code}} if in_stripes_form else None
    return stripe.InvalidRequestError("No.", param, code, http_status=status, json_body=body)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("status", [200, 302, 409, 429, 502, 503, 504])
def test_an_answer_that_decides_nothing_is_unknown(status: int) -> None:
    assert isinstance(translate(answered(status), writes=True), OutcomeUnknown)


@pytest.mark.parametrize("status", [200, 400, 403, 404, 407, 503])
def test_an_answer_that_is_not_stripes_own_is_unknown(status: int) -> None:
    assert isinstance(translate(answered(status, in_stripes_form=False), writes=True), OutcomeUnknown)


@pytest.mark.parametrize("in_stripes_form", [True, False])
def test_a_500_is_stored_for_a_call_with_a_key_and_unknown_for_a_reading_one(in_stripes_form: bool) -> None:
    error = answered(500, in_stripes_form=in_stripes_form)
    assert isinstance(translate(error, writes=True), OutcomeStored)
    assert isinstance(translate(error, writes=False), OutcomeUnknown)


def test_no_answer_at_all_is_unknown() -> None:
    error = stripe.APIConnectionError("gone")  # type: ignore[no-untyped-call]
    assert isinstance(translate(error, writes=True), OutcomeUnknown)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("charge_already_refunded", RejectCode.ALREADY_REFUNDED),
        ("balance_insufficient", RejectCode.INSUFFICIENT_BALANCE),
        ("insufficient_funds", RejectCode.INSUFFICIENT_BALANCE),
        ("payment_intent_unexpected_state", RejectCode.UNEXPECTED_STATE),
        ("charge_disputed", RejectCode.UNEXPECTED_STATE),
        ("amount_too_large", RejectCode.UNEXPECTED_STATE),
        ("resource_missing", RejectCode.NOT_FOUND),
        ("parameter_unknown", RejectCode.OTHER),
    ],
)
def test_stripes_code_names_the_reason(code: str, expected: RejectCode) -> None:
    outcome = translate(answered(400, code=code), writes=True)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.reason) == (expected, "No.")


def test_more_than_is_left_has_no_code_and_is_known_by_its_parameter() -> None:
    outcome = translate(answered(400, param="amount"), writes=True)
    assert isinstance(outcome, Rejected)
    assert outcome.code is RejectCode.UNEXPECTED_STATE


@pytest.mark.parametrize("kind", [stripe.AuthenticationError, stripe.PermissionError])
def test_a_key_that_does_not_open_is_named(kind: type[stripe.StripeError]) -> None:
    outcome = translate(kind("No.", http_status=401, json_body={"error": {"message": "No."}}), writes=False)
    assert isinstance(outcome, Rejected)
    assert outcome.code is RejectCode.BAD_CREDENTIALS


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", None), ("-1", None)])
def test_how_long_to_wait_is_read_where_stripe_says_it(header: str, seconds: float | None) -> None:
    outcome = translate(stripe.RateLimitError("Slow.", http_status=429, headers={"retry-after": header}), writes=True)
    assert isinstance(outcome, OutcomeUnknown)
    assert outcome.retry_after == seconds
