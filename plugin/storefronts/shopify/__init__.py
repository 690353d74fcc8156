"""Shopify's order webhooks (Admin REST bodies, from the oldest captures to 2024-10)."""
