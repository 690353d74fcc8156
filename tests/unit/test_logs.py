"""Log lines hold what is on the list, and nothing that has the shape of a secret."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from handlers.logs import configure_logs, scrub


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logs("info", stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_unknown_field_is_dropped_and_a_known_one_kept(stream: io.StringIO) -> None:
    structlog.get_logger().info("refund settled", refund_id="rf_1", email="ana@shop.test", body={"card": 1}, ms=3)
    (line,) = lines(stream)
    assert line.pop("at")
    assert line == {"event": "refund settled", "level": "info", "refund_id": "rf_1", "ms": 3}


def test_an_exception_is_told_by_type_and_place_and_never_by_its_message(stream: io.StringIO) -> None:
    try:
        try:
            raise ValueError("ana@shop.test")
        except ValueError as error:
            raise RuntimeError("the customer Ana Lovelace") from error
    except RuntimeError:
        structlog.get_logger().exception("job failed")
    (line,) = lines(stream)
    assert line["error"] == "RuntimeError < ValueError"
    assert "unit/test_logs.py" in line["where"][0]
    assert "Ana" not in stream.getvalue()


def test_the_cause_inside_a_group_is_found(stream: io.StringIO) -> None:
    try:
        raise ExceptionGroup("several", [KeyError("secret")])
    except ExceptionGroup:
        structlog.get_logger().exception("stream failed")
    assert lines(stream)[0]["error"] == "ExceptionGroup < KeyError"


def test_a_library_record_keeps_its_constant_text_only(stream: io.StringIO) -> None:
    try:
        raise ConnectionError("postgres://user:password@db")
    except ConnectionError:
        logging.getLogger("library").warning("could not reach %s", "secret-host", exc_info=sys.exc_info())
    (line,) = lines(stream)
    assert line["event"] == "could not reach %s"
    assert line["logger"] == "library"
    assert line["error"] == "ConnectionError"
    assert "password" not in stream.getvalue()


def test_what_looks_like_a_secret_is_blotted_out_of_any_text(stream: io.StringIO) -> None:
    for secret in (
        "sk_live_51HqLyjWDarjtT1zdp7dc",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "ana.lovelace+shop@example.co.uk",
        "4242 4242 4242 4242",
        "4242424242424242",
        "Bearer abc.def.ghi",
        "u7Yx0CqJmR5l3HkQ2sV9bNwE8tZ1pLfA6dGiO4yTcXM",
    ):
        assert scrub(f"before {secret} after") == "before [removed] after"


def test_ids_and_sentences_survive_the_scrubbing() -> None:
    for text in (
        "case_01jd3w8v6n2k4m5p7q9r0s1t2v",
        "re_3MmlLrLkdIwHu7ix0uke3Ezy",
        "/v1/orders/{order_id:str}",
        "1234567890123",
    ):
        assert scrub(text) == text
