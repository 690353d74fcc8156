"""The chapters of goods. Each has its own shopper, its own order and its own timings."""

from __future__ import annotations

from handlers.demo.damaged import damaged
from handlers.demo.exchanges import exchanges
from handlers.demo.sends_back import sends_back
from handlers.demo.story import Story
from handlers.demo.withdraws import withdraws
from plugin.ports.runtime import Ports

FIRST_PLACE = 2  # after the order that is cancelled and the one that its code buys
CHAPTERS = (
    ("A return with inspection", sends_back),
    ("An exchange with a difference paid", exchanges),
    ("A damaged item", damaged),
    ("A withdrawal by law", withdraws),
)


async def play_goods(story: Story, ports: Ports) -> None:
    """Play the chapters, the same on every store; raises ``StepFailed``."""
    for place, (title, chapter) in enumerate(CHAPTERS, FIRST_PLACE):
        story.tell.say(f"\n[bold]{title}[/]\n")
        await chapter(story, ports, place)
