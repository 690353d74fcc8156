"""The payment gateway that speaks to Stripe, or to whatever speaks Stripe's API at another address."""
