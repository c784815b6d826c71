"""Alerts (预警): what the bureaus see coming is taken in here, and what became of it is told back to them."""
