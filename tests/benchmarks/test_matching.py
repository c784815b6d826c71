"""The comparison of ways to match, on a small county: the optimum is what the others are measured by."""

from benchmarks.matching_compared import compare, table


def test_no_way_is_worth_more_than_the_optimum_over_all_pairs() -> None:
    rows = compare(people=120, posts=20, openings=90)
    worth = {name: value for name, value, _, _ in rows}
    best = worth["optimum over all pairs"]
    assert worth["greedy"] <= worth["optimum over candidates"] <= best
    assert worth["hospital-resident (matching)"] <= worth["optimum over candidates"]
    assert worth["optimum over candidates"] <= worth["whole run, with second chances"] <= best
    assert "| 100.0% |" in table(rows)
