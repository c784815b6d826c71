"""Shell variables for the story in the README: `eval "$(.venv/bin/python -m demo.story)"`."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click


def variables(demo: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Addresses, keys, a cadre and a township user, and a pupil and an adult of the cadre's village."""
    cadre = next(a for a in demo["accounts"] if a["role"] == "village" and _people(demo, a["area_code"], pupil=True))
    township = next(a for a in demo["accounts"] if a["area_code"] == cadre["area_code"][:9] + "000")
    pupil = _people(demo, cadre["area_code"], pupil=True)[0]
    adult = _people(demo, cadre["area_code"], pupil=False)[0]
    yield "URL", demo["base_url"]
    yield "TODAY", demo["today"]
    yield "EDUCATION_KEY", demo["api_keys"]["education.absence"]
    yield "MEDICAL_KEY", demo["api_keys"]["medical.cost"]
    yield "AREA", cadre["area_code"]
    for name, account in (("CADRE", cadre), ("TOWNSHIP", township)):
        yield f"{name}_USER", account["username"]
        yield f"{name}_PASSWORD", account["password"]
    for name, person in (("PUPIL", pupil), ("ADULT", adult)):
        yield f"{name}_ID", person["id_number"]
        yield f"{name}_NAME", person["name"]


def _people(demo: dict[str, Any], area_code: str, *, pupil: bool) -> list[dict[str, Any]]:
    return [p for p in demo["people"] if p["area_code"] == area_code and p["pupil"] == pupil]


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True), default=Path(".data/demo.json"))
def main(file: Path) -> None:
    """Print the variables of FILE (default .data/demo.json)."""
    for name, value in variables(json.loads(file.read_text(encoding="utf-8"))):
        click.echo(f"{name}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
