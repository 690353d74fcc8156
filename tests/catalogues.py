"""The translations of a domain as the tests read them."""

from __future__ import annotations

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from plugin.core.words import CATALOGUES


def catalogue_of(language: str, domain: str) -> Catalog:
    """All of ``<domain>.po``, and of ``<domain>.<journey>.po`` for each journey with many words of its own."""
    whole = Catalog()
    for path in (CATALOGUES / language / f"{domain}.po", *sorted((CATALOGUES / language).glob(f"{domain}.*.po"))):
        with path.open("rb") as po:
            part = read_po(po, locale=language)
        if not whole.locale:
            whole = part
            continue
        for message in part:
            if message.id:
                assert message.id not in whole, f"{message.id!r} stands in two files of {domain}"
                whole[message.id] = message
    return whole
