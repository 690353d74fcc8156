"""The live policy as everybody may read it: rendered once per version and locale, because neither ever changes."""

from __future__ import annotations

import asyncio
from datetime import datetime

from plugin.core.words import Words
from plugin.policies.live import live_policy
from plugin.policies.models import PolicyVersion
from plugin.policies.page import PolicyPage, policy_page
from plugin.policies.versions import policy_of

MOST_RENDERED = 256
_RENDERED: dict[tuple[str, str], PolicyPage] = {}


async def live_page(shop_id: str, words: Words, at: datetime) -> PolicyPage:
    """What the policy says that decides at ``at``, which is now; raises ``NoPolicy``."""
    live = await live_policy(shop_id, at)
    key = live.hash, words.locale
    page = _RENDERED.get(key)
    if page is None:
        policy = policy_of(await PolicyVersion.get(id=live.id))
        if len(_RENDERED) >= MOST_RENDERED:
            _RENDERED.pop(next(iter(_RENDERED)))
        # A thousand rows take half a second, in which the process has others to answer.
        page = _RENDERED[key] = await asyncio.to_thread(policy_page, policy, words)
    return page
