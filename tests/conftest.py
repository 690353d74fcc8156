"""Fixtures by what they start; each module says what it brings."""

pytest_plugins = ["tests.fixtures_command", "tests.fixtures_database", "tests.fixtures_redis", "tests.fixtures_stripe"]
