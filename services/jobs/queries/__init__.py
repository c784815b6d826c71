"""SQL: `find_` may be None, `get_` raises, `list_` pages, `lock_` holds the row."""
