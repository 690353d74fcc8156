"""When a person of the shop will have answered: counted in the shop's own hours, over its country's holidays."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

import holidays

from plugin.shops.service import zone_of
from plugin.shops.settings import ShopSettings


def person_answers_by(settings: ShopSettings, at: datetime) -> datetime:
    """The moment by which a question of ``at`` is answered: ``answers_within_hours`` of opening time later."""
    person = settings.person
    try:
        closed = holidays.country_holidays(settings.country)
    except NotImplementedError:
        closed = holidays.HolidayBase()
    zone = zone_of(settings)
    moment = at.astimezone(zone)
    left = timedelta(hours=person.answers_within_hours)
    for _ in range(366):
        day = moment.date()
        opens = datetime.combine(day, time(person.opens), zone)
        closes = datetime.combine(day, time(person.closes - 1, 59, 59), zone) + timedelta(seconds=1)
        if day.weekday() in person.weekdays and day not in closed and moment < closes:
            start = max(moment, opens)
            if start + left <= closes:
                return (start + left).astimezone(at.tzinfo)
            left -= closes - start
        moment = datetime.combine(day + timedelta(days=1), time(0), zone)
    return moment.astimezone(at.tzinfo)


WAKES, SLEEPS = 8, 21  # o'clock in the shopper's zone: what can wait is not said in between


def next_waking_moment(at: datetime, zone: tzinfo) -> datetime:
    """``at`` itself by day, else the next morning, for what reminds or asks and never for what was asked for."""
    local = at.astimezone(zone)
    if WAKES <= local.hour < SLEEPS:
        return at
    day = local.date() + timedelta(days=1 if local.hour >= SLEEPS else 0)
    return datetime.combine(day, time(WAKES), zone).astimezone(at.tzinfo)
