"""Policies to start from, one per trade: each covers cancelling, returns, exchanges, faults and keeping the item."""
