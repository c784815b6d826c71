"""Where somebody works, seen from home."""

from services.jobs.rules.places import ABROAD


def seen_from(home: str, work: str) -> str:
    """What `rules.distances.seen_from` says, as SQL of two columns; null where no place of work is known."""
    return f"""CASE WHEN {work} = '{ABROAD}' THEN 'abroad'
        WHEN left({work}, 6) = left({home}, 6) THEN 'county'
        WHEN left({work}, 4) = left({home}, 4) THEN 'prefecture'
        WHEN left({work}, 2) = left({home}, 2) THEN 'province' WHEN {work} IS NOT NULL THEN 'outside' END"""
