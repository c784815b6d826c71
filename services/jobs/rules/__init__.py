"""Pure functions: the clock, thresholds and codes come in as arguments."""
