"""The two labels of the withdrawal function, in the language of the law that gives it (Directive 2011/83/EU, Art. 11a).

The directive asks for its own words "or an unambiguous corresponding formulation". Its own words in all 24 languages
stand here, for every language version is equally authentic; only ru is our own formulation, because our pages speak it.
A country of several languages has none of its own: there the page's language is used. A shop that wants other words, or
knows which of its country's languages it needs, sets them by country (``withdrawal_labels``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plugin.shops.settings import OwnLabels

# Article 11a(1) and (3) as Directive (EU) 2023/2673 (CELEX 32023L2673) has inserted it. We have read a transcription,
# of which every label was found verbatim in its own version on 2026-09-10; how it was checked: docs/withdrawal.md.
SOURCE = "https://cooloffapp.com/en/eu-withdrawal-button-wording/"


@dataclass(frozen=True, slots=True)
class Labels:
    """``withdraw`` stands over the entry, ``confirm`` on the button; ``source`` is None for another formulation than
    the directive's."""

    language: str
    withdraw: str
    confirm: str
    source: str | None = SOURCE


_ALL = (
    Labels("bg", "Откажете се от договора тук", "Потвърждавам отказа"),
    Labels("cs", "Zde odstoupit od smlouvy", "Potvrdit odstoupení od smlouvy"),
    Labels("da", "Fortryd aftale", "Bekræft fortrydelse"),
    Labels("de", "Vertrag widerrufen", "Widerruf bestätigen"),
    Labels("el", "Πατήστε εδώ για υπαναχώρηση", "Επιβεβαίωση υπαναχώρησης"),
    Labels("en", "Withdraw from contract here", "Confirm withdrawal"),
    Labels("es", "Desistir del contrato aquí", "Confirmar desistimiento"),
    Labels("et", "Taganen lepingust", "Kinnitan taganemise"),
    Labels("fi", "Peruuta sopimus tästä", "Vahvista peruuttaminen"),
    Labels("fr", "Renoncer au contrat ici", "Confirmer la rétractation"),
    Labels("ga", "Tarraing siar ón gconradh anseo", "Dearbhaigh an tarraingt siar"),
    Labels("hr", "Odustati od ugovora", "Potvrditi odustajanje"),
    Labels("hu", "Elállás a szerződéstől", "Elállás megerősítése"),
    Labels("it", "Recedere dal contratto qui", "Conferma recesso"),
    Labels("lt", "Atsisakyti sutarties čia", "Patvirtinti sutarties atsisakymą"),
    Labels("lv", "Atteikties no līguma", "Apstiprināt atteikumu"),
    Labels("mt", "Irtira mill-kuntratt hawnhekk", "Ikkonferma r-reċess"),
    Labels("nl", "Hier de overeenkomst herroepen", "Herroeping bevestigen"),
    Labels("pl", "Odstąp od umowy tutaj", "Potwierdź odstąpienie od umowy"),
    Labels("pt", "Retrate-se do contrato aqui", "Confirmar retratação"),
    Labels("ro", "Retrageți-vă din contract aici", "Confirmați retragerea"),
    Labels("sk", "Odstúpiť od zmluvy tu", "Potvrdiť odstúpenie od zmluvy"),
    Labels("sl", "Kliknite tukaj za odstop od pogodbe", "Potrdi odstop od pogodbe"),
    Labels("sv", "Ångra avtalet här", "Bekräfta frånträde"),
    Labels("ru", "Отказаться от договора здесь", "Подтвердить отказ", None),
)  # fmt: skip
LABELS: Mapping[str, Labels] = {labels.language: labels for labels in _ALL}

_LANGUAGE_IN: Mapping[str, str] = {
    "AT": "de", "BG": "bg", "CY": "el", "CZ": "cs", "DE": "de", "DK": "da", "EE": "et", "ES": "es", "FR": "fr",
    "GB": "en", "GR": "el", "HR": "hr", "HU": "hu", "IE": "en", "IT": "it", "LI": "de", "LT": "lt", "LV": "lv",
    "MT": "en", "NL": "nl", "PL": "pl", "PT": "pt", "RO": "ro", "RU": "ru", "SE": "sv", "SI": "sl", "SK": "sk",
}  # fmt: skip


def labels_in(country: str | None, language: str, own: Mapping[str, OwnLabels]) -> Labels:
    """The labels of the country's law: the shop's ``own`` for it, or the directive's; in the reader's ``language``
    (one of our pages') where the country has none here."""
    if words := own.get(country or ""):
        return Labels(words.language, words.withdraw, words.confirm, None)
    return LABELS[_LANGUAGE_IN.get(country or "", language)]
