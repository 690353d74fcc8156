"""Loads the fixture modules that every folder of tests may use."""

pytest_plugins = ["tests.fixtures_stripe"]
