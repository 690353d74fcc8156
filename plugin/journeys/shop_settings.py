"""A shop's settings are taken in: what its feature can judge, and the texts that its mails would have to carry."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import structs

from plugin.audit import service as audit
from plugin.db import Transaction, read
from plugin.messages.snippets import BadSnippet, check_snippet
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
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


async def put_settings(tx: Transaction, shop: Shop, settings: ShopSettings, *, by: str, at: datetime) -> None:
    """Replace the shop's settings. The audit names what has changed: they say, too, who may publish alone."""
    (now,) = await read(Shop, "WHERE id = $1 FOR NO KEY UPDATE", shop.id, tx=tx)
    before, after = structs.asdict(settings_of(now)), structs.asdict(settings)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return
    shop.settings = msgspec.to_builtins(settings)
    await shop.save(using_db=tx.connection, update_fields=["settings"])
    await audit.record(
        tx, shop_id=shop.id, order_id=None, kind="settings_changed", actor=by, at=at,
        data={"changed": changed, "second_person": settings.publishing.second_person},
    )  # fmt: skip
