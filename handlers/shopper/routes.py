"""All routes of the order-page API."""

from __future__ import annotations

from handlers.shopper.cases import case_routes
from handlers.shopper.credits import credit_routes
from handlers.shopper.effort import effort_api_routes
from handlers.shopper.exchanges import exchange_routes
from handlers.shopper.faults import fault_routes
from handlers.shopper.files import file_routes
from handlers.shopper.fixes import fix_routes
from handlers.shopper.forgotten import forgotten_routes
from handlers.shopper.gifts import gift_routes
from handlers.shopper.give_back import give_back_routes
from handlers.shopper.money import money_api_routes
from handlers.shopper.orders import order_routes
from handlers.shopper.policy import policy_routes
from handlers.shopper.returns import return_routes
from handlers.shopper.sessions import session_routes
from handlers.shopper.slip import slip_routes
from handlers.shopper.withdraw import withdraw_routes

shopper_routes = [
    *session_routes,
    *order_routes,
    *fix_routes,
    *forgotten_routes,
    *case_routes,
    *return_routes,
    *fault_routes,
    *give_back_routes,
    *credit_routes,
    *gift_routes,
    *slip_routes,
    *exchange_routes,
    *money_api_routes,
    *effort_api_routes,
    *file_routes,
    *policy_routes,
    *withdraw_routes,
]
