"""An authenticator's codes are those of RFC 6238, drift by one step, and by no more."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from plugin.access.totp import code_of, enrolment_uri, matching_step, new_secret, step_at

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


# RFC 6238, appendix B: the last six of its eight digits.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)  # fmt: skip
def test_the_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_of(RFC_SECRET, step_at(at)) == code
    assert matching_step(RFC_SECRET, f"{code[:3]} {code[3:]}", at) == step_at(at)


@pytest.mark.parametrize(("seconds", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_wrong_by_one_step(seconds: int, fits: bool) -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    code = code_of(RFC_SECRET, step_at(at + timedelta(seconds=seconds)))
    assert (matching_step(RFC_SECRET, code, at) is not None) is fits


@pytest.mark.parametrize("code", ["", "0", "abcdef", "12345678", "١٢٣٤٥٦", "é"])
def test_what_is_no_code_fits_nothing(code: str) -> None:
    assert matching_step(RFC_SECRET, code, datetime(2026, 11, 23, tzinfo=UTC)) is None


def test_the_uri_names_the_shop_and_the_person() -> None:
    secret = new_secret()
    uri = urlsplit(enrolment_uri(secret, issuer="Fern & Thistle: Mill", account="ada@example.com"))
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert uri.path == "/Fern%20%26%20Thistle%20%20Mill%3Aada@example.com"
    assert parse_qs(uri.query) == {"secret": [secret], "issuer": ["Fern & Thistle: Mill"]}
