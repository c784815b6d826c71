"""SQL, reading and writing. What a person may see `scope` limits in each query, and row-level security beneath again."""
