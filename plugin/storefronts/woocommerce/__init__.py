"""WooCommerce's order webhooks (REST API v1 to v3 bodies)."""
