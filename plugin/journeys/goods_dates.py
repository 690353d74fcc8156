"""When something happens by itself to goods on their way back: reminders, the end of the wait, and the next look."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from plugin.orders.service import StoredOrder
from plugin.parcels.models import Parcel
from plugin.shops.hours import next_waking_moment
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of
from plugin.shops.settings import ShopSettings

REMINDED = (7, 2)  # days before the last day
REST_HAS = timedelta(days=7)  # at least, for what did not come with the first parcel


def end_of_day(shop: Shop, order: StoredOrder, at: datetime, days: int = 0) -> datetime:
    """The end of a day, so many after ``at``, in the shopper's zone."""
    zone = zone_of(settings_of(shop), order.now.time_zone)
    return datetime.combine(at.astimezone(zone).date() + timedelta(days=days), time(23, 59), zone)


def rest_by(shop: Shop, order: StoredOrder, before: Parcel, at: datetime) -> datetime:
    """The last day for the rest of what was asked: that of the parcel before, and a week at least."""
    return max(before.send_by, end_of_day(shop, order, at, REST_HAS.days))


def inspected_by(settings: ShopSettings, at: datetime) -> datetime:
    return at + timedelta(days=settings.way_back.inspect_within_days)


def gives_up_at(shop: Shop, parcel: Parcel) -> datetime:
    """When nobody waits for a parcel any more that was not seen: what was posted on the last day may be under way,
    unseen, as long as one of the shop usually is. One that its shopper has given a number of is waited for, and looked
    for, like one that was seen."""
    settings = settings_of(shop)
    days = settings.way_back.lost_after_days if parcel.tracking_number else settings.transit_days
    return parcel.send_by + timedelta(days=days)


def reminders(shop: Shop, order: StoredOrder, parcel: Parcel) -> dict[int, datetime]:
    """By days before the last one, when to remind: never at night, and never again."""
    zone = zone_of(settings_of(shop), order.now.time_zone)
    at = {days: next_waking_moment(parcel.send_by - timedelta(days=days), zone) for days in REMINDED}
    return {days: moment for days, moment in at.items() if days not in parcel.was_told and moment > parcel.created_at}


def lost_at(shop: Shop, parcel: Parcel) -> datetime:
    """When a parcel that was sent and of which nobody hears any more is looked for."""
    return (parcel.sent_at or parcel.created_at) + timedelta(days=settings_of(shop).way_back.lost_after_days)


def next_look(shop: Shop, order: StoredOrder, parcel: Parcel, at: datetime) -> datetime:
    """When an awaited parcel is looked at next; never before ``at``."""
    if parcel.state == "in_transit":
        return max(at, lost_at(shop, parcel))
    ahead = (*reminders(shop, order, parcel).values(), gives_up_at(shop, parcel))
    return max(at, min(ahead))
