"""Our own published format, for every store that can post JSON (docs/storefronts/standard.md)."""
