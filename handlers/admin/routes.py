"""All routes of the admin API."""

from __future__ import annotations

from litestar import Controller
from litestar.handlers import HTTPRouteHandler

from handlers.admin.me import me_routes
from handlers.admin.people import people_routes
from handlers.admin.sessions import session_routes

admin_routes: list[HTTPRouteHandler | type[Controller]] = [*session_routes, *me_routes, *people_routes]
