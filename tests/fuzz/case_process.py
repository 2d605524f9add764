"""Runs numbered cases of one target and writes a line for each: what a fenced run reads."""

import resource
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from fuzz.targets import target


def main() -> None:
    """Run cases: ``python -m fuzz.case_process TARGET FIRST END SEED``."""
    first, end, seed = map(int, sys.argv[2:5])
    run = target(sys.argv[1])
    for case in range(first, end):
        _tell(("begin", case))
        try:
            outcome = run(seed * 1_000_003 + case)
        except Exception as error:  # noqa: BLE001  whatever it is, it is what is looked for
            outcome = f"FINDING {type(error).__name__} at {_place(error)}"
        _tell(("end", case, _resident_kb(), outcome))


def _tell(parts: Iterable[object]) -> None:
    sys.stdout.write("\t".join(str(part) for part in parts) + "\n")
    sys.stdout.flush()


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "mammovlm" in frame.filename] or list(frames)
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"


def _resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


if __name__ == "__main__":
    main()
