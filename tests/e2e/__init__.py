"""The whole system as real processes, driven by HTTP alone."""
