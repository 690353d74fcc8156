"""All routes of the admin API."""

from __future__ import annotations

from litestar import Controller
from litestar.handlers import HTTPRouteHandler

from handlers.admin.audit import audit_routes
from handlers.admin.backtests import backtest_routes
from handlers.admin.case_steps import case_step_routes
from handlers.admin.cases import case_routes
from handlers.admin.codes import code_routes
from handlers.admin.credits import credit_routes
from handlers.admin.exchange_steps import exchange_step_routes
from handlers.admin.exports import export_routes
from handlers.admin.files import file_routes
from handlers.admin.goods import goods_routes
from handlers.admin.me import me_routes
from handlers.admin.parcels import parcel_routes
from handlers.admin.people import people_routes
from handlers.admin.persons import person_routes
from handlers.admin.policies import policy_routes
from handlers.admin.policy_steps import policy_step_routes
from handlers.admin.refunds import refund_routes
from handlers.admin.sealed_days import day_routes
from handlers.admin.sessions import session_routes
from handlers.admin.settings import settings_routes
from handlers.admin.switch import switch_routes
from handlers.admin.webhooks import webhook_routes
from handlers.admin.withdrawals import withdrawal_routes

admin_routes: list[HTTPRouteHandler | type[Controller]] = [
    *session_routes, *me_routes, *people_routes, *case_routes, *case_step_routes, *exchange_step_routes, *file_routes,
    *refund_routes, *switch_routes, *policy_routes, *policy_step_routes,
    *webhook_routes, *code_routes, *credit_routes, *settings_routes, *backtest_routes, *audit_routes, *export_routes,
    *day_routes, *person_routes, *withdrawal_routes,
    *goods_routes, *parcel_routes,
]  # fmt: skip
