"""A small, stateful stand-in for the part of Stripe's HTTP API that we use.

It is shipped with the product: the demo, the tests and production then run the same code through the same SDK, and
only the address differs. It keeps Stripe's own documents in memory (and, if told so, in a file) and moves no money.
"""
