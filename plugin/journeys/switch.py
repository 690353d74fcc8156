"""The kill switch: a person decides everything from now on, or nothing of the shop's money moves at all."""

from __future__ import annotations

from enum import StrEnum

import structlog

from plugin.audit import service as audit
from plugin.db import transaction
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

log = structlog.get_logger("comeback.shops")


class Switch(StrEnum):
    ON = "on"  # the policy decides, money moves
    PAUSED = "paused"  # whatever is asked for, a person decides; what was approved goes on
    STOPPED = "stopped"  # and nothing is sent to a custodian that has not been sent


_SAID = {Switch.ON: "shop_resumed", Switch.PAUSED: "shop_paused", Switch.STOPPED: "shop_stopped"}


def switch_of(shop: Shop) -> Switch:
    if shop.money_stopped:
        return Switch.STOPPED
    return Switch.PAUSED if shop.paused else Switch.ON


async def set_switch(ports: Ports, shop: Shop, wanted: Switch, by: str) -> Switch:
    """Put the switch where a person wants it, audited in the shop's own chain. Pausing lets no stopped money flow: a
    shop that is stopped stays so until it is let go on. Returns where the switch is."""
    async with transaction(ports.doorbell) as tx:
        (now,) = await tx.rows("SELECT paused, money_stopped FROM shops WHERE id = $1 FOR NO KEY UPDATE", shop.id)
        stops = wanted is Switch.STOPPED or (wanted is Switch.PAUSED and now["money_stopped"])
        if (now["paused"], now["money_stopped"]) != (wanted is not Switch.ON, stops):
            await tx.execute(
                "UPDATE shops SET paused = $2, money_stopped = $3 WHERE id = $1",
                shop.id, wanted is not Switch.ON, stops,
            )  # fmt: skip
            await audit.record(
                tx, shop_id=shop.id, order_id=None, kind=_SAID[wanted], actor=by, at=ports.clock.now(),
                data={"was_paused": now["paused"], "was_stopped": now["money_stopped"]},
            )  # fmt: skip
    shop.paused, shop.money_stopped = wanted is not Switch.ON, stops
    log.warning(_SAID[wanted], shop_id=shop.id, money_stopped=stops)
    return switch_of(shop)
