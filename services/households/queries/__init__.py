"""SELECTs. What a person may see is limited by `scope` in each query, and once more by row-level security beneath."""
