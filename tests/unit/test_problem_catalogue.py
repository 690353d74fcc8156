"""Every sentence that a problem can say exists in every language that we speak."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import plugin
from handlers import admin, pages
from handlers.problems import sentences
from plugin.core.errors import DomainError
from plugin.core.words import LANGUAGES, catalogue


def kinds_of(base: type[DomainError]) -> Iterator[type[DomainError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds_of(kind)


@pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR")  # the embedded PostgreSQL's wheel says so at import
@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_problem_has_a_sentence_in(language: str) -> None:
    for package in (plugin, pages, admin):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    ours = [kind.sentence for kind in kinds_of(DomainError) if kind.__module__.startswith(("plugin.", "handlers."))]
    told = catalogue(language)
    assert [sentence for sentence in {*ours, *sentences()} if told.gettext(sentence) == sentence] == []
