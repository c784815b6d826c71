"""SQL of the directory, by noun: `find_` may be None, `get_` raises, `list_` pages, `lock_` locks."""
