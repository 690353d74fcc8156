"""A demo storefront: a shipped stand-in for a shop's own server, used by `make run` and by the tests."""
