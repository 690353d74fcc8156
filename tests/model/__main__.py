"""``python -m tests.model --depth N``: how many worlds there are, the longest story, and every counterexample."""

from __future__ import annotations

import argparse
import sys

from tests.model.mirrored import write
from tests.model.search import search, without_end
from tests.model.world import World

asked = argparse.ArgumentParser(prog="python -m tests.model")
asked.add_argument("--depth", type=int, default=100)
asked.add_argument("--second", action="store_true", help="two cards paid, so that a case has two legs")
asked.add_argument("--code", action="store_true", help="the case earns a code, and people use it")
asked.add_argument("--followed", action="store_true", help="the mirrors follow their functions as these read now")
given = asked.parse_args()
if given.followed:
    write()
    sys.exit()
found = search(World(has_second=given.second, offers_code=given.code), given.depth)
lines = [f"{len(found.reached)} worlds, {sum(map(len, found.fair.values()))} fair steps."]
lines += ["", "The longest story:", found.story(list(found.reached)[-1])]
for world, promise in found.broken[:5]:
    lines += ["", f"BROKEN: {promise}.", found.story(world), str(world)]
lost = without_end(found)
if lost:
    lines += ["", f"{len(lost)} worlds never come to rest; the nearest:", found.story(lost[0]), str(lost[0])]
sys.stdout.write("\n".join(lines) + "\n")
sys.exit(1 if found.broken or lost else 0)
