"""A stand-in for a WooCommerce store, written from its documentation and source; each file names what it imitates."""
