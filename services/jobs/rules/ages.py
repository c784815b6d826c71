"""Ages: 16 to work at all (劳动法 §15). From which one hazardous and night work are allowed, `post-rules` says."""

from datetime import date

from shared.clock import age_on

WORKING_AGE = 16


def born_after(today: date, years: int) -> date:
    """Who was born after that day has not so many years today (`age_on`)."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # 29 February: born on the 28th they are so old, born on 1 March not yet
        return date(today.year - years, 2, 28)


def is_minor(birth_on: date, day: date) -> bool:
    """Whether work is forbidden on that day."""
    return age_on(birth_on, day) < WORKING_AGE
