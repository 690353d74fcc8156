"""What pages, their API and the journeys say: whole in every language, with the same placeholders, no leftovers."""

from __future__ import annotations

import re

import pytest

from handlers.pages.sentences import MessageId
from handlers.pages.sentences import sentences as page_sentences
from handlers.shopper import (
    code_words,
    credit_phrases,
    exchange_phrases,
    fix_words,
    gift_phrases,
    money_phrases,
    phrases,
    slip,
    standing,
    withdraw_phrases,
)
from plugin.cases.states import GOODWILL
from plugin.core.words import CATALOGUES, LANGUAGES
from plugin.journeys import fault_words, way_words, withdrawal_sentences
from plugin.journeys import sentences as journeys
from plugin.policies.page import all_page_sentences
from plugin.policies.phrases import all_phrases
from plugin.policies.sentences import all_sentences
from tests.catalogues import catalogue_of

DOMAINS: dict[str, set[MessageId]] = {
    "pages": set(page_sentences()),
    "journeys": {
        *journeys.all_sentences(),
        *way_words.all_sentences(),
        *fault_words.all_sentences(),
        *withdrawal_sentences.all_sentences(),
    },
    "order": {
        *phrases.all_sentences(),
        *money_phrases.all_sentences(),
        *standing.all_sentences(),
        *credit_phrases.all_sentences(),
        *gift_phrases.all_sentences(),
        *fix_words.all_sentences(),
        *code_words.all_sentences(),
        *slip.all_sentences(),
        *withdraw_phrases.all_sentences(),
        *exchange_phrases.all_sentences(),
    },
    "policy": set(all_sentences()),
    "policy_page": {*all_page_sentences(), *all_phrases()},
}
TRANSLATED = [(language, domain) for language in LANGUAGES if language != "en" for domain in DOMAINS]


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text)) - {"n"}


@pytest.mark.parametrize(("language", "domain"), TRANSLATED)
def test_the_catalogue_holds_what_is_said_and_nothing_else(language: str, domain: str) -> None:
    assert {message.id for message in catalogue_of(language, domain) if message.id} == DOMAINS[domain]


@pytest.mark.parametrize(("language", "domain"), TRANSLATED)
def test_every_translation_is_whole_and_keeps_its_placeholders(language: str, domain: str) -> None:
    catalogue = catalogue_of(language, domain)
    for message in catalogue:
        if message.id:
            said = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
            ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            assert len(said) == (catalogue.num_plurals if len(ids) > 1 else 1)
            for text in said:
                assert text
                assert placeholders(text) == placeholders(ids[0])


@pytest.mark.parametrize(
    "module",
    [phrases, exchange_phrases, money_phrases, standing, slip, journeys, way_words, fault_words, withdraw_phrases],
)
def test_no_sentence_of_a_module_is_forgotten(module: object) -> None:
    texts = {value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}
    said = DOMAINS["order"] | DOMAINS["journeys"]
    assert texts - {GOODWILL} <= said  # the name of a basis, which a module asks about and nobody reads


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_sentence_of_two_catalogues_is_translated_alike(domain: str) -> None:
    for language in LANGUAGES[1:]:
        ours = {message.id: message.string for message in catalogue_of(language, domain) if message.id}
        for path in (CATALOGUES / language).glob("*.po"):
            for message in catalogue_of(language, path.stem):
                assert not message.id or ours.get(message.id, message.string) == message.string, path.name
