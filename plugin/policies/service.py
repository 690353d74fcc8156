"""What people do with the versions of a policy: draft, schedule, publish, publish again. Each step is audited.

Two people who publish at once name the version that they took to be live, and the second of them is told who was
faster. Only a draft can change, and whoever replaces it names the one that they have seen.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.db import Transaction
from plugin.policies.document import Policy, policy_hash
from plugin.policies.live import NoPolicy
from plugin.policies.models import PolicyVersion
from plugin.policies.modes import with_mode
from plugin.policies.reasons import Mode
from plugin.policies.states import VERSION, VersionState
from plugin.policies.version_refusals import AlreadyScheduled, NoDraft, NoSuchVersion, NothingScheduled, NotInTheFuture
from plugin.policies.versions import agree, check_sound, draft_changed, hold, note, policy_of, put_live, written

FURTHEST = timedelta(days=3650)  # ahead of now that a version may be scheduled


async def publish(
    tx: Transaction, *, shop_id: str, policy: Policy, by: str, at: datetime, expected_live: int | None = None
) -> PolicyVersion:
    """Make ``policy`` the live version at once; a draft stays as it is. ``expected_live`` is the number of the version
    that is to be replaced, 0 for none.

    Raises ``Unsound``, ``PolicyChanged`` and ``SecondPersonNeeded``.
    """
    await check_sound(policy)
    versions = await hold(tx, shop_id, at)
    versions.check_live(expected_live)
    versions.check_second_person(by, by)
    version = written(shop_id, policy, by=by, at=at)
    agree(versions, version, by=by, at=at, live_from=at)
    await put_live(tx, versions, version, at=at)
    return version


async def save_draft(
    tx: Transaction, *, shop_id: str, policy: Policy, by: str, at: datetime, expected: str | None = None
) -> PolicyVersion:
    """Keep ``policy`` as the shop's one draft. ``expected`` is the hash of the draft that it replaces, None for none.

    Raises ``DraftChanged``.
    """
    versions = await hold(tx, shop_id, at)
    draft = versions.draft
    if draft is None:
        if expected is not None:
            raise NoDraft()
        draft = written(shop_id, policy, by=by, at=at)
    elif draft.hash == policy_hash(policy):
        return draft
    elif draft.hash != expected:
        raise draft_changed(draft)
    else:
        fresh = written(shop_id, policy, by=by, at=at)
        draft.document, draft.hash, draft.written_by, draft.written_at = fresh.document, fresh.hash, by, at
    await draft.save(using_db=tx.connection)
    await note(tx, draft, "policy_drafted", by=by, at=at)
    return draft


async def discard_draft(tx: Transaction, *, shop_id: str, draft: str, by: str, at: datetime) -> None:
    """Throw the draft of this hash away; raises ``NoDraft`` and ``DraftChanged``."""
    version = (await hold(tx, shop_id, at)).the_draft(draft)
    await version.delete(using_db=tx.connection)
    await note(tx, version, "policy_discarded", by=by, at=at)


async def publish_draft(
    tx: Transaction, *, shop_id: str, draft: str, by: str, at: datetime, expected_live: int | None = None
) -> PolicyVersion:
    """Make the draft of this hash the live version.

    Raises ``NoDraft``, ``DraftChanged``, ``PolicyChanged``, ``SecondPersonNeeded`` and ``Unsound``.
    """
    versions = await hold(tx, shop_id, at)
    versions.check_live(expected_live)
    version = versions.the_draft(draft)
    versions.check_second_person(version.written_by, by)
    await check_sound(policy_of(version))
    agree(versions, version, by=by, at=at, live_from=at)
    await put_live(tx, versions, version, at=at)
    return version


async def schedule_draft(
    tx: Transaction, *, shop_id: str, draft: str, live_from: datetime, by: str, at: datetime
) -> PolicyVersion:
    """Have the draft of this hash decide from ``live_from`` on, whichever version is live by then.

    Raises ``NotInTheFuture``, ``NoDraft``, ``DraftChanged``, ``AlreadyScheduled``, ``SecondPersonNeeded`` and
    ``Unsound``.
    """
    if not at < live_from < at + FURTHEST:
        raise NotInTheFuture(param="at")
    versions = await hold(tx, shop_id, at)
    version = versions.the_draft(draft)
    versions.check_second_person(version.written_by, by)
    if versions.scheduled is not None:
        raise AlreadyScheduled()
    VERSION.check(VersionState(version.state), VersionState.SCHEDULED)
    await check_sound(policy_of(version))
    agree(versions, version, by=by, at=at, live_from=live_from)
    version.state = str(VersionState.SCHEDULED)
    await version.save(using_db=tx.connection)
    await note(tx, version, "policy_scheduled", by=by, at=at)
    return version


async def unschedule(tx: Transaction, *, shop_id: str, by: str, at: datetime) -> PolicyVersion:
    """Take the scheduled version back to a draft, as it was written.

    Raises ``NothingScheduled``, also where it has gone live a moment ago, and ``DraftChanged`` where somebody has
    begun another draft meanwhile.
    """
    versions = await hold(tx, shop_id, at)
    version = versions.scheduled
    if version is None:
        raise NothingScheduled()
    if versions.draft is not None:
        raise draft_changed(versions.draft)
    VERSION.check(VersionState(version.state), VersionState.DRAFT)
    version.state = str(VersionState.DRAFT)
    version.published_by = version.published_at = version.live_from = None
    await version.save(using_db=tx.connection)
    await note(tx, version, "policy_unscheduled", by=by, at=at)
    return version


async def publish_again(
    tx: Transaction, *, shop_id: str, number: int, by: str, at: datetime, expected_live: int | None = None
) -> PolicyVersion:
    """Roll back: make the document of an old version live again, under a number of its own and with the same hash.

    Whoever wrote it then is its writer now. Raises ``NoSuchVersion``, ``PolicyChanged``, ``SecondPersonNeeded`` and
    ``Unsound``: what the law asks may have changed since.
    """
    versions = await hold(tx, shop_id, at)
    versions.check_live(expected_live)
    old = await PolicyVersion.filter(shop_id=shop_id, number=number).using_db(tx.connection).first()
    if old is None:
        raise NoSuchVersion(detail=f"This shop's policy never had a version {number}.", param="number")
    versions.check_second_person(old.written_by, by)
    policy = policy_of(old)
    await check_sound(policy)
    version = written(shop_id, policy, by=old.written_by, at=old.written_at)
    agree(versions, version, by=by, at=at, live_from=at)
    await put_live(tx, versions, version, at=at)
    return version


async def promote(
    tx: Transaction, *, shop_id: str, row: str, mode: Mode, by: str, at: datetime, expected_live: int | None = None
) -> PolicyVersion:
    """Publish the live policy with one change: how far this row (or ``otherwise.cancel``) is trusted.

    Raises ``NoPolicy``, ``NoSuchRow`` and what ``publish`` raises.
    """
    policy = await _promoted(tx, shop_id, row, mode, at)
    return await publish(tx, shop_id=shop_id, policy=policy, by=by, at=at, expected_live=expected_live)


async def draft_promotion(
    tx: Transaction, *, shop_id: str, row: str, mode: Mode, by: str, at: datetime
) -> PolicyVersion:
    """The same as a draft, for a colleague to publish; raises what ``save_draft`` raises as well."""
    policy = await _promoted(tx, shop_id, row, mode, at)
    return await save_draft(tx, shop_id=shop_id, policy=policy, by=by, at=at)


async def _promoted(tx: Transaction, shop_id: str, row: str, mode: Mode, at: datetime) -> Policy:
    live = (await hold(tx, shop_id, at)).live
    if live is None:
        raise NoPolicy()
    return with_mode(policy_of(live), row, mode)


async def take_effect(tx: Transaction, shop_id: str, at: datetime) -> None:
    """Put the shop's scheduled version live if its time has come."""
    await hold(tx, shop_id, at)
