"""A shop's settings are taken in: what its feature can judge, and the texts that its mails would have to carry."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
from msgspec import Struct, structs

from plugin.audit import service as audit
from plugin.core.errors import DomainError
from plugin.db import Transaction, read, transaction
from plugin.messages.snippets import BadSnippet, check_snippet
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
from plugin.shops.settings import BadSettings, ShopSettings, parse_settings

LARGEST = 10**12  # of any number: what is counted against it stays within the database's integers
# Closed words and numbers, which can be nobody's name or address: of these the audit says what they were and are.
_TOLD = (
    "codes.",
    "credit.",
    "forgotten_code.",
    "limits.",
    "publishing.",
    "code_authority",
    "transit_days",
    "country",
    "time_zone",
    "locale",
)


class SettingsChanged(DomainError):
    """``hash`` is that of the settings as they are now."""

    status = 409
    code = "settings_changed"
    sentence = "Somebody else was faster: the settings are other ones by now. Look at them first."


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
    for path, value in _flat(msgspec.to_builtins(settings)).items():
        if isinstance(value, int) and abs(value) > LARGEST:
            raise BadSettings(detail=f"{path} is out of range.", param=path)
    return settings


def check_known(raw: object, taken: Struct) -> None:
    """Whatever somebody has written must be a setting of ours: a slip of the pen would be lost without a word, and what
    was meant with it. Raises ``BadSettings``."""
    known = _flat(msgspec.to_builtins(taken))
    for path in _flat(raw):
        if path not in known and not any(each.startswith(f"{path}.") for each in known):
            raise BadSettings(detail=f"{path[:100]!r} is no setting.", param=path[:100])


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
        data={
            "changed": changed, "second_person": settings.publishing.second_person,
            "values": changed_values(msgspec.to_builtins(settings_of(now)), shop.settings),
        },
    )  # fmt: skip


def changed_values(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """What differs, by its path; with both values where they can be no name and no address."""
    was, now = _flat(before), _flat(after)
    paths = sorted(path for path in was.keys() | now.keys() if was.get(path) != now.get(path))
    return [f"{path}: {was.get(path)} -> {now.get(path)}" if path.startswith(_TOLD) else path for path in paths]


def _flat(value: object, at: str = "") -> dict[str, object]:
    """Every value by its path, such as ``codes.budgets.USD``; a list is a value, and so is an empty object."""
    if not isinstance(value, dict) or not value:
        return {at: value} if at else {}
    found: dict[str, object] = {}
    for name, each in value.items():
        found |= _flat(each, f"{at}.{name}" if at else str(name))
    return found


def settings_hash(settings: ShopSettings) -> str:
    """SHA-256 of the settings, hexadecimal: what somebody names who changes the ones that they have seen."""
    return hashlib.sha256(msgspec.json.encode(settings, order="sorted")).hexdigest()


async def change_settings(
    ports: Ports, shop: Shop, change: Callable[[ShopSettings], ShopSettings], *, seen: str, by: str
) -> ShopSettings:
    """Replace the settings of hash ``seen`` by what ``change`` makes of them, as strictly read as from a file.

    Raises ``SettingsChanged`` and ``BadSettings``.
    """
    async with transaction(ports.doorbell) as tx:
        (now,) = await read(Shop, "WHERE id = $1 FOR NO KEY UPDATE", shop.id, tx=tx)
        before = settings_of(now)
        if settings_hash(before) != seen:
            raise SettingsChanged(hash=settings_hash(before))
        after = take_settings(msgspec.to_builtins(change(before)))
        await put_settings(tx, shop, after, by=by, at=ports.clock.now())
    return after
