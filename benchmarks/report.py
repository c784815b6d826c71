"""Tells the results: a table on the screen, `results.json`, and a picture beside it."""

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # no screen is needed

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.harness import Result

_OURS, _MISSED, _TARGET = "#2f6f9f", "#b5472f", "#222222"


def table(results: Sequence[Result]) -> str:
    """One line for each figure."""
    head = f"{'':32}{'ours':>12}{'floor':>12}  {'unit':<12}{'ratio':>7}  target"
    return "\n".join([head, *map(_line, results)])


def missed(results: Sequence[Result]) -> list[str]:
    """A loud line for each target that was missed."""
    return [
        f"!!! TARGET MISSED: {result.figure.name}: ratio {result.ratio:.2f}, "
        f"needs {_sign(result)} {result.target_ratio:.2f} ({_target(result)})"
        for result in results
        if result.met is False
    ]


def write(results: Sequence[Result], folder: Path) -> None:
    """`results.json` and `results.png` in `folder`, of this run and no other."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps([_record(result) for result in results], indent=1) + "\n")
    draw(results, folder / "results.png")


def draw(results: Sequence[Result], file: Path) -> None:
    """Ratios as bars with their targets as lines: rates above, times below."""
    rates = [result for result in results if not result.figure.lower_is_better]
    times = [result for result in results if result.figure.lower_is_better]
    panels = [
        (found, title)
        for found, title in (
            (rates, "Rates: ours / floor, longer is better (line: target, red: missed)"),
            (times, "Times: ours / floor, shorter is better"),
        )
        if found
    ]
    figure, axes = plt.subplots(
        len(panels),
        1,
        figsize=(11, 1.4 + 0.75 * len(results) + 0.9 * len(panels)),
        height_ratios=[len(found) + 0.6 for found, _ in panels],
        squeeze=False,
        layout="constrained",
    )
    for axis, (found, title) in zip(axes[:, 0], panels, strict=True):
        _panel(axis, found, title)
    figure.savefig(file, dpi=140)
    plt.close(figure)


def _panel(axis: Axes, results: Sequence[Result], title: str) -> None:
    places = range(len(results))
    colours = [_MISSED if result.met is False else _OURS for result in results]
    axis.barh(places, [result.ratio for result in results], color=colours, height=0.55)
    axis.set_yticks(places, [result.figure.name for result in results], fontsize=12)
    axis.invert_yaxis()
    widest = max(max(result.ratio, result.target_ratio or 0) for result in results)
    axis.set_xlim(0, widest * 1.5)
    axis.set_title(title, fontsize=14, loc="left")
    axis.tick_params(axis="x", labelsize=11)
    axis.spines[["top", "right"]].set_visible(False)
    for place, result in zip(places, results, strict=True):
        label = f"{result.ratio:.2f}   ({_short(result.ours)} / {_short(result.floor)} {result.figure.unit})"
        at = max(result.ratio, result.target_ratio or 0)
        axis.text(at + widest * 0.015, place, label, va="center", fontsize=11)
        if result.target_ratio is not None:
            axis.plot([result.target_ratio] * 2, [place - 0.4, place + 0.4], color=_TARGET, linewidth=2.5)


def _record(result: Result) -> dict[str, object]:
    figure = result.figure
    return {
        "name": figure.name,
        "unit": figure.unit,
        "ours": round(result.ours, 3),
        "floor": round(result.floor, 3),
        "ratio": round(result.ratio, 3),
        "target": figure.target,
        "target_of": figure.target_of,
        "met": result.met,
        "runs": [[round(ours, 3), round(floor, 3)] for ours, floor in result.runs],
    }


def _line(result: Result) -> str:
    verdict = {True: "met", False: "MISSED", None: ""}[result.met]
    return (
        f"{result.figure.name:<32}{result.ours:>12,.1f}{result.floor:>12,.1f}  {result.figure.unit:<12}"
        f"{result.ratio:>7.2f}  {_target(result)} {verdict}"
    ).rstrip()


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _target(result: Result) -> str:
    figure = result.figure
    if figure.target is None:
        return "-"
    unit = f" {figure.unit}" if figure.target_of == "ours" else ""
    return f"{_sign(result)} {figure.target:g}{unit}"


def _sign(result: Result) -> str:
    return "≤" if result.figure.lower_is_better else "≥"
