"""The two labels of the law: in the language of the country, in the shop's own words where it has set them."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.core.words import LANGUAGES
from plugin.policies.law.table import WITHDRAWAL_IN
from plugin.shops.settings import BadSettings, OwnLabels, parse_settings
from plugin.withdrawals.labels import LABELS, labels_in

OURS = {"ru"}
SEVERAL_LANGUAGES = {"BE", "FI", "LU"}  # or none of the EU's: IS, NO


@pytest.mark.parametrize(
    ("country", "withdraw", "confirm"),
    [
        ("DE", "Vertrag widerrufen", "Widerruf bestätigen"),
        ("AT", "Vertrag widerrufen", "Widerruf bestätigen"),
        ("ES", "Desistir del contrato aquí", "Confirmar desistimiento"),
        ("PL", "Odstąp od umowy tutaj", "Potwierdź odstąpienie od umowy"),
        ("NL", "Hier de overeenkomst herroepen", "Herroeping bevestigen"),
        ("PT", "Retrate-se do contrato aqui", "Confirmar retratação"),
    ],
)
def test_they_stand_in_the_language_of_the_law(country: str, withdraw: str, confirm: str) -> None:
    labels = labels_in(country, "ru", {})
    assert (labels.withdraw, labels.confirm) == (withdraw, confirm)


def test_every_country_of_the_directive_has_its_own_or_the_pages_language() -> None:
    countries = [country for country, law in WITHDRAWAL_IN.items() if law.id == "eu-withdrawal"]
    read = {country for country in countries if labels_in(country, "en", {}) == labels_in(country, "es", {})}
    assert set(countries) - read == SEVERAL_LANGUAGES | {"IS", "NO"}


def test_our_pages_have_them_in_each_of_their_languages_and_only_our_own_wording_has_no_source() -> None:
    assert set(LANGUAGES) <= set(LABELS)
    assert {labels.language for labels in LABELS.values() if labels.source is None} == OURS
    assert len(LABELS) == 24 + len(OURS)


def test_a_shop_sets_its_own_for_a_country_and_for_no_other() -> None:
    dutch = OwnLabels(language="nl", withdraw="Herroep hier uw aankoop", confirm="Herroeping bevestigen")
    labels = labels_in("BE", "en", {"BE": dutch})
    assert (labels.language, labels.withdraw, labels.source) == ("nl", "Herroep hier uw aankoop", None)
    assert labels_in("NL", "en", {"BE": dutch}) == labels_in("NL", "en", {})


OWN = {"language": "nl", "withdraw": "Hier herroepen", "confirm": "Bevestigen"}


@pytest.mark.parametrize(
    "raw",
    [
        {"Belgium": OWN},
        {"BE": OWN | {"language": "Dutch!"}},
        {"BE": OWN | {"withdraw": "  "}},
        {"BE": OWN | {"confirm": "x" * 81}},
        {"BE": OWN | {"confirm": "two\nlines"}},
        {"BE": {"language": "nl", "withdraw": "Hier herroepen"}},
    ],
)
def test_labels_that_no_button_can_carry_are_not_taken(raw: dict[str, Any]) -> None:
    assert parse_settings({"withdrawal_labels": {"BE": OWN}}).withdrawal_labels["BE"].language == "nl"
    with pytest.raises(BadSettings, match="withdrawal_labels"):
        parse_settings({"withdrawal_labels": raw})
