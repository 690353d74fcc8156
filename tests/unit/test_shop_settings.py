"""What a shop sets is judged once, when it is taken in, and the field at fault is named."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import to_builtins

from plugin.journeys.letter_frame import brand_of
from plugin.journeys.shop_settings import take_settings
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.settings import BadSettings, Brand, ShopSettings
from tests.fakes import NOON

BAD: list[tuple[str, dict[str, Any]]] = [
    ("time_zone", {"time_zone": "Europe/Madrit"}),
    ("time_zone", {"time_zone": "../etc/passwd"}),
    ("country", {"country": "Spain"}),
    ("country", {"country": "es"}),
    ("locale", {"locale": "Spanish, please"}),
    ("person.answers_within_hours", {"person": {"answers_within_hours": 0}}),
    ("person.answers_within_hours", {"person": {"answers_within_hours": 241}}),
    ("person.manual_refund_days", {"person": {"manual_refund_days": 61}}),
    ("person.desk_url", {"person": {"desk_url": "http://admin.example"}}),
    ("brand.home_url", {"brand": {"home_url": "javascript:alert(1)"}}),
    ("brand.logo_url", {"brand": {"logo_url": "http://localhost/logo.png"}}),
    ("person.desk_url", {"person": {"desk_url": "https://[admin"}}),
    ("person.desk_url", {"person": {"desk_url": "javascript:alert(1)"}}),
    ("person.opens", {"person": {"opens": "nine"}}),
    ("brand.snippets.greeting.es", {"brand": {"snippets": {"greeting": {"en": "Hi", "es": "Hola {nombre}"}}}}),
    ("brand.snippets.subject.en", {"brand": {"snippets": {"subject": {"en": "Hi"}}}}),
]


@pytest.mark.parametrize(("param", "raw"), BAD, ids=[f"{param}-{n}" for n, (param, _) in enumerate(BAD)])
def test_the_field_at_fault_is_named(param: str, raw: dict[str, Any]) -> None:
    with pytest.raises(BadSettings) as refused:
        take_settings(raw)
    assert refused.value.param == param
    assert param in refused.value.detail


def test_what_a_shop_may_well_set_is_taken() -> None:
    person = {"desk_url": "https://admin.example/orders", "answers_within_hours": 240, "manual_refund_days": 0}
    for desk in ("https://admin.example/orders", "http://localhost:8080/", "http://[::1]/"):
        taken = take_settings(
            {"locale": "es-419", "time_zone": "America/Mexico_City", "person": person | {"desk_url": desk}}
        )
        assert taken.person.desk_url == desk
    assert take_settings(to_builtins(ShopSettings())) == ShopSettings()


def test_a_zone_that_this_machine_does_not_know_stops_no_promise() -> None:
    unknown, utc = ShopSettings(time_zone="Mars/Olympus"), ShopSettings()
    assert person_answers_by(unknown, NOON) == person_answers_by(utc, NOON)


def test_a_text_that_no_mail_can_carry_is_left_out_of_the_mail() -> None:
    texts = {"greeting": {"en": "Hi {name}"}, "sign_off": {"en": "Yours, {shop_name}"}, "subject": {"en": "Hi"}}
    settings = ShopSettings(brand=Brand(snippets=texts))
    snippets = brand_of(Shop(name="Lumen"), settings, "en", "https://comeback.example").snippets
    assert (snippets.greeting, snippets.sign_off) == (None, "Yours, {shop_name}")
