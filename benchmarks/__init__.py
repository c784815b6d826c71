"""How fast the main road is, always told against a floor measured in the same run. See `docs/benchmarks.md`."""
