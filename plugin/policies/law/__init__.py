"""Statutory floors, each with its source: what a policy cannot go below, by the shopper's country."""
