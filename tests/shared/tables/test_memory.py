"""A file that is many times as large as a piece takes no more memory than a few pieces."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
READ = """
import io, re, sys
from shared.tables import open_table
from tests.shared.tables.making import COLUMNS, HEADINGS, ROW, TODAY

class Endless(io.RawIOBase):
    def __init__(self, times):
        self.head = ",".join(HEADINGS).encode() + b"\\n"
        self.block, self.times = (",".join(ROW).encode() + b"\\n") * 20_000, times

    def read(self, size=-1):
        if self.head:
            head, self.head = self.head, b""
            return head
        self.times -= 1
        return self.block if self.times >= 0 else b""

rows = 0
for frame in open_table(Endless(int(sys.argv[1])), "x", COLUMNS, today=TODAY).frames():
    rows += frame.good.height
# Not ru_maxrss: that begins with what the process had that started this one.
print(rows, int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024)
"""


def read(times: int) -> tuple[int, int]:
    found = subprocess.run(
        [sys.executable, "-c", READ, str(times)], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    return int(found[0]), int(found[1])


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_does_not_grow_with_the_file() -> None:
    few, small = read(20)
    many, large = read(100)  # some 110 MB, two million rows

    assert (few, many) == (400_000, 2_000_000)
    assert large < 600
    assert large < small + 150
