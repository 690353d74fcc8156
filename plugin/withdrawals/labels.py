"""The two labels of the withdrawal function, in the language of the law that gives it (Directive 2011/83/EU, Art. 11a).

The directive asks for its own words "or an unambiguous corresponding formulation". A language stands here only with
a source for both of its labels that we have read; es and ru are our own formulation, because our pages speak them. A
country of several languages has none of its own: there the page's language is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Labels:
    """``withdraw`` stands over the entry, ``confirm`` on the button; ``source`` is None for our own formulation."""

    language: str
    withdraw: str
    confirm: str
    source: str | None


_ALL = (
    Labels(
        "en", "Withdraw from contract here", "Confirm withdrawal",
        "https://www.gtlaw.com/ko/insights/2026/5/eu-consumer-law-new-withdrawal-button-requirements-for-online-contracts",
    ),
    Labels(
        "de", "Vertrag widerrufen", "Widerruf bestätigen",  # § 356a BGB
        "https://ff-fieldfishercom-uat-web.fieldfisher.com/de-de/locations/germany/insights/"
        "der-elektronische-widerrufsbutton-kommt-worauf-unternehmen",
    ),
    Labels(
        "fr", "Renoncer au contrat ici", "Confirmer la rétractation",  # Code de la consommation, art. D. 221-5
        "https://www.lettredesreseaux.com/e-commerce-et-droit-de-retractation-une-nouvelle-obligation-pour-les-"
        "professionnels.html",
    ),
    Labels(
        "it", "Recedere dal contratto qui", "Conferma recesso",
        "https://www.bbmpartners.com/news/E-Commerce-B2C-e-diritto-di-recesso-nuovi-obblighi-per-i-professionisti-in-"
        "arrivo-Mariaelena-Giorcelli",
    ),
    Labels("es", "Desistir del contrato aquí", "Confirmar desistimiento", None),
    Labels("ru", "Отказаться от договора здесь", "Подтвердить отказ", None),
)  # fmt: skip
LABELS: Mapping[str, Labels] = {labels.language: labels for labels in _ALL}

_LANGUAGE_IN: Mapping[str, str] = {
    "DE": "de", "AT": "de", "LI": "de", "FR": "fr", "IT": "it", "ES": "es",
    "IE": "en", "MT": "en", "GB": "en", "RU": "ru",
}  # fmt: skip


def labels_in(country: str | None, language: str) -> Labels:
    """The labels of the country's law; in the reader's own ``language`` (one of our pages') where it has none here."""
    return LABELS[_LANGUAGE_IN.get(country or "", language)]
