"""Schemathesis holds the running API to its own description: no server error, no way around a key,
no undocumented answer. ``FUZZ_EXAMPLES`` and ``FUZZ_SEED`` make it longer and other (``make fuzz``)."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok

from handlers.reading import _NUL
from tests.strangers.fuzzing import EXAMPLES, SEED, Keys, keys_of, known_values, load
from tests.strangers.town import Town

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
REJECTED, ACCEPTED = "Schema-valid request rejected", "Schema-violating request accepted"

# A well-formed request may still be refused for what it is about. No schema can say these things beforehand, so each
# stands here with the code of the problem that it gets, and the description of its operation names the status.
BY_DESIGN = {
    ("POST /v1/sessions", 404, "not_found"),  # an order that has not come in, or is not that customer's
    ("POST /v1/links", 404, "not_found"),
    ("POST /v1/sessions/exchange", 410, "link_expired"),  # a link that never was looks like one that is over
    ("POST /v1/lookups/{lookup_id}/open", 403, "wrong_code"),
    ("POST /v1/order/cancellations", 409, "decision_changed"),  # the digest is that of no preview
    ("POST /v1/order/person", 422, "message_empty"),  # blanks and what cannot be seen
    ("POST /v1/codes/quote", 404, "code_unknown"),
    ("POST /v1/codes/reserve", 404, "code_unknown"),
    ("POST /v1/codes/release", 404, "code_unknown"),
    ("POST /v1/codes/redeem", 404, "code_unknown"),
    ("POST /v1/admin/sessions", 401, "wrong_credentials"),
    ("POST /v1/admin/sessions", 403, "foreign_call"),  # a cookie is for our own pages only
    ("DELETE /v1/admin/sessions/{session_id}", 404, "not_found"),
    ("POST /v1/admin/sessions/prove", 403, "wrong_proof"),
    ("POST /v1/admin/me/password", 403, "wrong_proof"),
    ("POST /v1/admin/me/password", 422, "weak_password"),
    ("POST /v1/admin/me/authenticator/confirm", 403, "wrong_proof"),
    ("POST /v1/admin/me/authenticator/remove", 409, "authenticator_off"),
    ("POST /v1/admin/staff/invitations", 409, "already_staff"),
    ("POST /v1/admin/staff/invitations", 422, "bad_address"),
    ("DELETE /v1/admin/staff/invitations/{invitation_id}", 404, "not_found"),
    ("PATCH /v1/admin/staff/{member_id}", 404, "not_found"),
    ("DELETE /v1/admin/staff/{member_id}", 404, "not_found"),
    ("POST /v1/admin/invitations/accept", 410, "invitation_expired"),
    ("POST /v1/admin/invitations/accept", 422, "weak_password"),
    # The next page is asked for by what the page before said; a document is read more strictly than any schema says.
    *(
        (f"GET /v1/admin/{each}", 400, "bad_cursor")
        for each in (
            "audit",
            "cases",
            "codes",
            "credits",
            "debits",
            "parcels",
            "policies",
            "refunds",
            "webhooks",
            "withdrawals",
        )
    ),
    *(
        (each, 422, "bad_policy")
        for each in (
            "PUT /v1/admin/policies/draft",
            "POST /v1/admin/policies/check",
            "POST /v1/admin/policies/diff",
            "POST /v1/admin/policies/backtests",
        )
    ),
    *((f"PUT /v1/admin/{each}", 428, "if_match_missing") for each in ("settings", "codes/offer", "messages/snippets")),
    *(
        (each, 422, "bad_settings")
        for each in (
            "PUT /v1/admin/settings",
            "PUT /v1/admin/codes/offer",
            "POST /v1/admin/messages/preview",
            "PUT /v1/admin/messages/snippets",
        )
    ),
    ("POST /v1/admin/policies/draft/schedule", 422, "not_in_the_future"),
    ("POST /v1/admin/policies/draft/schedule", 422, "bad_moment"),
    ("POST /v1/admin/exports/person", 422, "nobody_named"),
    # A document is free-form to the schema, which therefore cannot say of its names and texts that none holds a NUL.
    *(
        (each, 400, "invalid_request")
        for each in (
            "PUT /v1/admin/settings",
            "PUT /v1/admin/codes/offer",
            "PUT /v1/admin/policies/draft",
            "POST /v1/admin/policies/check",
            "POST /v1/admin/policies/diff",
            "POST /v1/admin/policies/backtests",
        )
    ),
    ("POST /v1/admin/persons/erase", 422, "nobody_named"),
    # What a file holds is read, whatever it is declared as.
    ("POST /v1/order/files", 422, "not_a_photo"),
    ("POST /v1/admin/cases/{case_id}/files", 422, "not_a_photo"),
    ("POST /v1/admin/cases/{case_id}/files", 422, "not_a_label"),
    # What goes together is said in words: accepted goods stay, rejected ones go back; and whose file or line it is.
    ("POST /v1/admin/cases/{case_id}/inspect", 422, "bad_verdict"),
    ("POST /v1/admin/cases/{case_id}/inspect", 422, "unknown_photo"),
    ("POST /v1/admin/cases/{case_id}/receive", 422, "not_of_this_order"),
    ("GET /v1/admin/audit/days", 400, "bad_cursor"),
    ("GET /v1/admin/audit/days/{day}/verify", 404, "not_found"),
}


def failures_of(case: Case[Any], answer: Any, headers: dict[str, str]) -> list[str]:
    try:
        case.validate_response(answer, headers=headers)
    except FailureGroup as group:
        return [one.title for one in group.exceptions if isinstance(one, Failure)]
    return []


def is_by_design(failure: str, case: Case[Any], answer: Any) -> bool:
    if failure == ACCEPTED:
        return _is_bent_beside_what_we_read(case, answer)
    if failure != REJECTED or "application/problem+json" not in answer.headers["content-type"]:
        return False
    if answer.status_code == 400 and answer.json()["detail"] == _NUL:
        return True  # wherever it stands, also in an object of which the schema says nothing
    if answer.json()["code"] == "idempotency_key_reused":
        return "422" in case.operation.definition.raw["responses"]  # a short key is thought of twice
    told = (case.operation.label, answer.status_code, answer.json()["code"])
    return told in BY_DESIGN and str(answer.status_code) in case.operation.definition.raw["responses"]


def _is_bent_beside_what_we_read(case: Case[Any], answer: Any) -> bool:
    """As everywhere, a query parameter that we do not know is ignored; of a repeated one we read the last."""
    bent = {
        str(where.value)
        for where, part in (case.meta.components.items() if case.meta else ())
        if part.mode is GenerationMode.NEGATIVE
    }
    sent = parse_qs(urlsplit(answer.request.url).query, keep_blank_values=True).get("locale", [])
    return bent == {"query"} and all(len(locale) <= 35 and "\0" not in locale for locale in sent[-1:])


@dataclass
class Round:
    """One pass over all operations, ``headers`` by the operation's scheme or none."""

    town: Town
    keys: Keys
    known: dict[str, str]
    found: Counter[str] = field(default_factory=Counter)
    asked: Counter[int] = field(default_factory=Counter)

    def run(self) -> None:
        for result in load(self.town).get_all_operations():
            assert isinstance(result, Ok)
            operation = result.ok()
            for mode in MODES:
                if operation.body or operation.query or operation.headers or mode is GenerationMode.POSITIVE:
                    self._fuzz(operation, mode)

    def _fuzz(self, operation: Any, mode: GenerationMode) -> None:
        headers = self.keys.for_operation(operation)
        must_refuse = bool(operation.definition.raw.get("security")) and not headers

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode), names_what_is_there=st.booleans())
        def ask(case: Case[Any], names_what_is_there: bool) -> None:
            if mode is GenerationMode.POSITIVE and names_what_is_there:
                self._name_what_is_there(case)
            answer = case.call(headers=headers, timeout=20)
            self.asked[answer.status_code] += 1
            what = f"{operation.label} {mode.value} {answer.status_code}"
            if must_refuse and answer.status_code not in (400, 401, 415):
                self.found[f"{what}: let in without a key"] += 1
            for failure in failures_of(case, answer, headers):
                if not is_by_design(failure, case, answer):
                    self.found[f"{what}: {failure} {answer.request.url} {answer.text[:300]}"] += 1

        ask()

    def _name_what_is_there(self, case: Case[Any]) -> None:
        """Put real ids and secrets for made-up ones, so that good answers are held to the description, too."""
        for inputs in (case.path_parameters, case.body):
            if isinstance(inputs, dict):
                inputs.update({name: self.known[name] for name in inputs.keys() & self.known.keys()})
        if "Idempotency-Key" in (case.headers or {}):
            case.headers["Idempotency-Key"] = uuid4().hex


def test_the_checks_of_authentication_and_of_server_errors_are_among_those_that_run() -> None:
    load_all_checks()
    assert {"ignored_auth", "not_a_server_error", "response_schema_conformance"} <= set(CHECKS.get_all_names())


@pytest.mark.parametrize("with_keys", [True, False], ids=["with keys", "without"])
async def test_the_api_does_as_it_says(town: Town, with_keys: bool) -> None:
    fuzz = Round(town, await keys_of(town) if with_keys else Keys({}), await known_values(town))
    await asyncio.to_thread(fuzz.run)
    assert not fuzz.found, "\n".join(fuzz.found)
    assert fuzz.asked.total() > 100
    assert not [status for status in fuzz.asked if status >= 500]
