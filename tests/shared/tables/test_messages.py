"""Every code the readers give has a text."""

import ast
import re
from pathlib import Path

from shared.idnumber import Fault
from shared.messages import Catalogue

FOLDER = Path(__file__).parents[3] / "shared" / "tables"
NO_CODES = {"utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"}


def test_every_code_has_a_text() -> None:
    codes = {
        node.value
        for path in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[a-z]+(-[a-z]+)+", node.value)
    }
    codes |= {fault.value for fault in Fault} | {f"{kind}-invalid" for kind in ("number", "integer", "date", "boolean")}
    catalogue = Catalogue()

    assert len(codes) > 25
    assert sorted(code for code in codes - NO_CODES if code not in catalogue) == []
