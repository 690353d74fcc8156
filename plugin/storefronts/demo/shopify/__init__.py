"""A small stand-in for a Shopify shop: the part of its Admin API that we use, as its documentation promises it."""
