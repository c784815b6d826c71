"""Shell variables for the story in the README: `eval "$(.venv/bin/python -m demo.story)"`."""

import json
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from demo.load import EXPORT
from services.spoken import say
from shared.clock import local_date, utc_now


def variables(demo: dict[str, Any], data_dir: Path) -> Iterator[tuple[str, str]]:
    """Address, today, keys, two cadres of one village, users of the levels above and of the bureau of human resources, a
    pupil and an adult of the village, and where that bureau's export lies."""
    cadre, second = next(
        (one, other)
        for one, other in pairwise(a for a in demo["accounts"] if a["role"] == "village")
        if one["area_code"] == other["area_code"] and _people(demo, one["area_code"], pupil=True)
    )
    township = next(a for a in demo["accounts"] if a["area_code"] == cadre["area_code"][:9] + "000")
    county = next(a for a in demo["accounts"] if a["role"] == "county")
    bureau = next(a for a in demo["accounts"] if a["username"] == "human-resources")
    pupil = _people(demo, cadre["area_code"], pupil=True)[0]
    adult = _people(demo, cadre["area_code"], pupil=False)[0]
    yield "URL", demo["base_url"]
    yield "TODAY", local_date(utc_now()).isoformat()
    yield "EDUCATION_KEY", demo["api_keys"]["education.absence"]
    yield "MEDICAL_KEY", demo["api_keys"]["medical.cost"]
    yield "AREA", cadre["area_code"]
    yield "EXPORT", str((data_dir / EXPORT).resolve())
    users = {"CADRE": cadre, "SECOND": second, "TOWNSHIP": township, "COUNTY": county, "BUREAU": bureau}
    for name, account in users.items():
        yield f"{name}_USER", account["username"]
        yield f"{name}_PASSWORD", account["password"]
    for name, person in (("PUPIL", pupil), ("ADULT", adult)):
        yield f"{name}_ID", person["id_number"]
        yield f"{name}_NAME", person["name"]


def _people(demo: dict[str, Any], area_code: str, *, pupil: bool) -> list[dict[str, Any]]:
    return [p for p in demo["people"] if p["area_code"] == area_code and p["pupil"] == pupil]


@click.command()
@click.argument("data_dir", type=click.Path(path_type=Path), envvar="DATA_DIR", default=Path(".data"))
def main(data_dir: Path) -> None:
    """Print the variables of the demo county in DATA_DIR (default .data)."""
    file = data_dir / "demo.json"
    if not file.exists():
        raise click.ClickException(say("cli-no-demo", file=file))
    for name, value in variables(json.loads(file.read_text(encoding="utf-8")), data_dir):
        click.echo(f"{name}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
