"""All pages: those of the order page, and the door of an invitation."""

from __future__ import annotations

from handlers.pages.credits import credit_page_routes
from handlers.pages.effort import effort_routes
from handlers.pages.entry import entry_routes
from handlers.pages.exchange import exchange_page_routes
from handlers.pages.faults import fault_page_routes
from handlers.pages.fix_item import fix_item_page_routes
from handlers.pages.fixes import fix_page_routes
from handlers.pages.forgotten import forgotten_page_routes
from handlers.pages.gifts import gift_page_routes
from handlers.pages.give_back import give_back_page_routes
from handlers.pages.invitation import invitation_routes
from handlers.pages.money import money_routes
from handlers.pages.order import order_page_routes
from handlers.pages.person import person_routes
from handlers.pages.policy import policy_routes
from handlers.pages.returns import return_page_routes
from handlers.pages.withdraw import withdraw_page_routes

page_routes = [
    *entry_routes,
    *order_page_routes,
    *fix_page_routes,
    *fix_item_page_routes,
    *forgotten_page_routes,
    *fault_page_routes,
    *give_back_page_routes,
    *credit_page_routes,
    *gift_page_routes,
    *return_page_routes,
    *exchange_page_routes,
    *money_routes,
    *effort_routes,
    *person_routes,
    *policy_routes,
    *invitation_routes,
    *withdraw_page_routes,
]
