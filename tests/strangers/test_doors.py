"""Every route x every kind of caller x own, sibling's and neighbour's order: what is not allowed shows nothing (I15)."""

from __future__ import annotations

from collections import Counter

import httpx
import msgspec

from tests.strangers.callers import Caller, genuine, strangers
from tests.strangers.doors import DOORS, Door, Key, served_routes
from tests.strangers.town import Placed, Town, state_of_the_books

CLOSED = {401, 403, 404, 410}
OPEN = {Key.PUBLIC, Key.SECRET_IN_BODY}


async def knock(town: Town, route: str, door: Door, caller: Caller, order: Placed) -> tuple[httpx.Response, str]:
    """The answer, and all that the request itself said: what is echoed from it is no leak."""
    call, shown = await door.ask(order), await caller.show()
    answer = await town.http.request(
        route.split(" ", maxsplit=1)[0],
        call.path,
        json=call.json,
        data=None if call.form is None else {**call.form, **shown.form},
        headers={**call.headers, **shown.headers, **({"Cookie": crumbs(shown.cookies)} if shown.cookies else {})},
        params=shown.params,
    )
    said = f"{call.path} {msgspec.json.encode((call.json, call.form)).decode()} {shown}"
    return answer, said


def crumbs(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def leaks(answer: httpx.Response, said: str, hidden: frozenset[str]) -> list[str]:
    """The marks of an order that may not be seen, found in the answer's body or headers."""
    shown = answer.text + str(answer.headers)
    return sorted(mark for mark in hidden if mark in shown and mark not in said)


def hidden_from(town: Town, visible: frozenset[str]) -> frozenset[str]:
    return frozenset().union(*(order.marks for order in town.orders)) - visible


def test_every_route_says_whom_it_lets_in() -> None:
    assert served_routes() == DOORS.keys()


async def test_no_closed_door_opens_or_shows_anything(town: Town) -> None:
    before = await state_of_the_books()
    tried: Counter[str] = Counter()
    wrong = []
    for route, door in DOORS.items():
        if door.key in OPEN:
            continue
        for order in town.orders:
            for caller in (*strangers(town), *genuine(town)):
                if caller.may(door.key, order, names_order=door.names_order and not door.is_blind):
                    continue
                answer, said = await knock(town, route, door, caller, order)
                found = leaks(answer, said, hidden_from(town, frozenset()))
                is_problem = answer.headers["content-type"] == "application/problem+json"
                if answer.status_code not in CLOSED or not is_problem or found:
                    wrong.append((route, caller.name, order.order.number, answer.status_code, found))
                tried[route] += 1
    assert wrong == []
    assert sum(tried.values()) > 1500
    assert await state_of_the_books() == before


async def test_a_public_door_shows_nothing_of_anybody(town: Town) -> None:
    wrong = []
    for route, door in DOORS.items():
        if door.key is not Key.PUBLIC:
            continue
        for caller in (*strangers(town), *genuine(town)):
            answer, said = await knock(town, route, door, caller, town.mine)
            if answer.status_code >= 500 or leaks(answer, said, hidden_from(town, frozenset())):
                wrong.append((route, caller.name, answer.status_code))
    assert wrong == []


async def test_a_link_opens_for_its_own_token_only(town: Town) -> None:
    mine = town.mine
    session = await mine.session()
    wrong = (
        "garbage", session, mine.order_id, mine.code, mine.mailed_code, mine.lookup_id, mine.link.swapcase(),
        mine.link + "0", mine.link[:-1], await mine.expired_link(), mine.world.new_shop.secret_key, "%", "ol_",
    )  # fmt: skip
    for token in wrong:
        answer = await town.http.post("/v1/sessions/exchange", json={"link": token})
        assert answer.status_code == 410, token
        assert leaks(answer, token, hidden_from(town, frozenset())) == []
    for order in town.orders:
        answer = await town.http.post("/v1/sessions/exchange", json={"link": order.link})
        assert (answer.status_code, answer.json()["order_id"]) == (201, order.order_id)
        assert leaks(answer, order.link, hidden_from(town, order.marks)) == []


async def test_who_is_let_in_sees_their_own_and_nothing_else(town: Town) -> None:
    wrong = []
    opened = set()
    for route, door in DOORS.items():
        used = 0
        for caller in genuine(town):
            for order in town.orders if door.names_order else (caller.of or town.mine,):
                if not caller.may(door.key, order, names_order=door.names_order) or used >= door.tries:
                    continue
                used += 1
                answer, said = await knock(town, route, door, caller, order)
                visible = frozenset() if door.is_blind else order.marks
                found = leaks(answer, said, hidden_from(town, visible))
                if answer.status_code in CLOSED or answer.status_code >= 500 or found:
                    wrong.append((route, caller.name, order.order.number, answer.status_code, found, answer.text))
                opened.add(route)
    assert wrong == []
    assert opened == {route for route, door in DOORS.items() if door.key not in {*OPEN, Key.SIGNATURE}}
