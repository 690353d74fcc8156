"""``python -m tests.model --depth N``: how many worlds there are, the longest story, and every counterexample."""

from __future__ import annotations

import argparse
import sys

from tests.model.goods.agreed import EXCHANGES, RETURNS
from tests.model.goods.promises import GOODS
from tests.model.goods.promises import is_at_rest as goods_are_at_rest
from tests.model.goods.world import start
from tests.model.mirrored import write
from tests.model.promises import CANCELLATION, is_at_rest
from tests.model.search import Found, W, search, without_end
from tests.model.world import World

asked = argparse.ArgumentParser(prog="python -m tests.model")
asked.add_argument("--depth", type=int, default=100)
asked.add_argument("--second", action="store_true", help="two cards paid, so that a case has two legs")
asked.add_argument("--code", action="store_true", help="the case earns a code, and people use it")
asked.add_argument("--goods", choices=[*RETURNS, *EXCHANGES], help="goods that come back, agreed on like this")
asked.add_argument("--followed", action="store_true", help="the mirrors follow their functions as these read now")


def say(found: Found[W], lost: list[W]) -> int:
    """All that was found; 1 where something is broken."""
    lines = [f"{len(found.reached)} worlds, {sum(map(len, found.fair.values()))} fair steps."]
    lines += ["", "The longest story:", found.story(list(found.reached)[-1])]
    for world, promise in found.broken[:5]:
        lines += ["", f"BROKEN: {promise}.", found.story(world), str(world)]
    if lost:
        lines += ["", f"{len(lost)} worlds never come to rest; the nearest:", found.story(lost[0]), str(lost[0])]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if found.broken or lost else 0


given = asked.parse_args()
if given.followed:
    write()
    sys.exit()
if given.goods:
    of_goods = search(start({**RETURNS, **EXCHANGES}[given.goods]), GOODS, given.depth)
    sys.exit(say(of_goods, without_end(of_goods, goods_are_at_rest)))
found = search(World(has_second=given.second, offers_code=given.code), CANCELLATION, given.depth)
sys.exit(say(found, without_end(found, is_at_rest)))
