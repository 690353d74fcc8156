"""A shop's settings are taken in: what its feature can judge, and the texts that its mails would have to carry."""

from __future__ import annotations

from plugin.messages.snippets import BadSnippet, check_snippet
from plugin.shops.settings import BadSettings, ShopSettings, parse_settings


def take_settings(raw: object) -> ShopSettings:
    """Strictly read settings from JSON; raises ``BadSettings`` naming the field."""
    settings = parse_settings(raw)
    for name, texts in settings.brand.snippets.items():
        for language, text in texts.items():
            try:
                check_snippet(name, text)
            except BadSnippet as bad:
                param = f"brand.snippets.{name}.{language}"
                raise BadSettings(detail=f"{param}: {bad.detail}", param=param) from bad
    return settings
