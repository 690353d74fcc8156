"""A shop's versions under its lock, and the steps that each use case of ``plugin.policies.service`` is made of.

The shop's row is locked first and is all that is locked. A scheduled version whose time has come goes live before
anything else is done, so that nobody acts on a state that the shopper's decisions have left behind.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from plugin.audit import service as audit
from plugin.core.ids import new_id
from plugin.db import Transaction, read
from plugin.policies.document import Policy, parse_policy, policy_hash
from plugin.policies.lint import lint
from plugin.policies.linting.remarks import Severity
from plugin.policies.models import PolicyVersion
from plugin.policies.states import VERSION, VersionState
from plugin.policies.version_refusals import DraftChanged, NoDraft, PolicyChanged, SecondPersonNeeded, Unsound
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
from plugin.shops.settings import ShopSettings

MOST_SAID = 5  # of the linter's errors, in the one sentence of a problem


@dataclass
class Versions:
    """What may still move of a shop's versions, read under its lock, and how many have been live."""

    shop_id: str
    settings: ShopSettings
    live: PolicyVersion | None
    scheduled: PolicyVersion | None
    draft: PolicyVersion | None

    def check_live(self, expected: int | None) -> None:
        """Raises ``PolicyChanged`` where another version is live than the one of this number; None expects nothing."""
        now = self.live
        if expected is None or expected == (now.number if now else 0):
            return
        if now is None:
            raise PolicyChanged(detail="No version is live.", number=0)
        raise PolicyChanged(
            detail=f"Version {now.number} is live since {now.live_from:%Y-%m-%d %H:%M:%S} UTC, published by "
            f"{now.published_by}. Look at it before you publish yours.",
            number=now.number, hash=now.hash, by=now.published_by, at=now.live_from,
        )  # fmt: skip

    def the_draft(self, expected: str) -> PolicyVersion:
        """The draft of this hash; raises ``NoDraft``, or ``DraftChanged`` where it is another one."""
        if self.draft is None:
            raise NoDraft()
        if self.draft.hash != expected:
            raise draft_changed(self.draft)
        return self.draft

    def check_second_person(self, written_by: str, by: str) -> None:
        """Raises ``SecondPersonNeeded``. A shop's first version needs nobody: without one nothing can be decided."""
        alone = written_by.strip().casefold() == by.strip().casefold()
        if alone and self.live is not None and self.settings.publishing.second_person == "always":
            raise SecondPersonNeeded()


def draft_changed(now: PolicyVersion) -> DraftChanged:
    return DraftChanged(
        detail=f"The draft was written by {now.written_by} at {now.written_at:%Y-%m-%d %H:%M:%S} UTC, and its hash is "
        f"{now.hash}. Look at it first.",
        hash=now.hash, by=now.written_by, at=now.written_at,
    )  # fmt: skip


async def hold(tx: Transaction, shop_id: str, at: datetime) -> Versions:
    """Lock the shop, let what is due go live, and read its versions."""
    (shop,) = await read(Shop, "WHERE id = $1 FOR NO KEY UPDATE", shop_id, tx=tx)
    found = await read(PolicyVersion, "WHERE shop_id = $1 AND state <> 'archived'", shop_id, tx=tx)
    by_state = {VersionState(version.state): version for version in found}
    versions = Versions(
        shop_id,
        settings_of(shop),
        by_state.get(VersionState.LIVE),
        by_state.get(VersionState.SCHEDULED),
        by_state.get(VersionState.DRAFT),
    )
    due = versions.scheduled
    if due is not None and due.live_from is not None and due.live_from <= at:
        await put_live(tx, versions, due, at=at)
    return versions


async def put_live(tx: Transaction, versions: Versions, version: PolicyVersion, *, at: datetime) -> None:
    """Make a version that is agreed on, saved or not, the live one; the one before it is archived."""
    state = VersionState(version.state)
    VERSION.check(state, VersionState.LIVE)
    (most,) = await tx.rows("SELECT max(number) AS n FROM policy_versions WHERE shop_id = $1", versions.shop_id)
    await tx.execute(
        "UPDATE policy_versions SET state = 'archived' WHERE shop_id = $1 AND state = 'live'", versions.shop_id
    )
    version.number, version.state = (most["n"] or 0) + 1, str(VersionState.LIVE)
    await version.save(using_db=tx.connection)
    await note(tx, version, "policy_live", by="comeback" if state is VersionState.SCHEDULED else None, at=at)
    versions.live = version
    if state is VersionState.SCHEDULED:
        versions.scheduled = None
    elif versions.draft is version:
        versions.draft = None


def written(shop_id: str, policy: Policy, *, by: str, at: datetime) -> PolicyVersion:
    """A version of this document, not yet saved."""
    return PolicyVersion(
        id=new_id("pol"),
        shop_id=shop_id,
        hash=policy_hash(policy),
        document=msgspec.to_builtins(policy),
        state=str(VersionState.DRAFT),
        written_by=by,
        written_at=at,
    )


def agree(versions: Versions, version: PolicyVersion, *, by: str, at: datetime, live_from: datetime) -> None:
    """Note on a version who lets it decide, and since when. No version is live since before the one that it follows,
    whatever the clocks of two processes say."""
    before = versions.live.live_from if versions.live else None
    version.published_by, version.published_at = by, at
    version.live_from = max(live_from, before).astimezone(UTC) if before else live_from.astimezone(UTC)


async def check_sound(policy: Policy) -> None:
    """Raises ``Unsound`` where the linter has found an error; up to a second for a very large policy, beside which
    the process goes on answering others."""
    errors = [remark for remark in await asyncio.to_thread(lint, policy) if remark.severity is Severity.ERROR]
    if errors:
        raise Unsound(
            detail=" ".join(remark.sentence for remark in errors[:MOST_SAID]),
            remarks=msgspec.to_builtins(errors),
        )


async def note(tx: Transaction, version: PolicyVersion, kind: str, *, by: str | None, at: datetime) -> None:
    """Say in the shop's audit what became of a version; ``by`` is who published it where nobody else is named."""
    await audit.record(
        tx,
        shop_id=version.shop_id,
        order_id=None,
        kind=kind,
        actor=by or version.published_by or version.written_by,
        at=at,
        data={
            "version": version.id,
            "number": version.number,
            "hash": version.hash,
            "written_by": version.written_by,
            "published_by": version.published_by,
            "live_from": version.live_from.isoformat() if version.live_from else None,
        },
    )


def policy_of(version: PolicyVersion) -> Policy:
    """A version's document, as strictly read as when it was written; raises ``BadPolicy``."""
    return parse_policy(version.document)
