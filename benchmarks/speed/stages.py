"""The first stages of indexing alone, over the same files and in the same processes: what `graph_speed` starts.

python -m benchmarks.speed.stages parse|facts FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.parse_only import parse_batch
from indexers.discovery import discover
from indexers.extraction_pool import run_extraction
from indexers.facts import encode_facts
from indexers.languages import PACKS, extract
from indexers.worker import Job
from indexers.worker_processes import FileWork


def facts_batch(jobs: Sequence[Job]) -> list[tuple[str, bytes]]:
    """Read, parse and extract; return the encoded facts."""
    return [(path, encode_facts(extract(language, Path(file).read_bytes()))) for path, file, language, *_ in jobs]


STAGES: dict[str, FileWork] = {"parse": parse_batch, "facts": facts_batch}


def run_stage(name: str, root: Path) -> int:
    """Run one stage over every source file below `root`; return how many there are."""
    files = [file for file in discover(root).files if file.language in PACKS]
    jobs = [((file.path, str(file.absolute), file.language, file.size, b""), file.size) for file in files]
    return sum(1 for _ in run_extraction(jobs, executor=None, workers=None, work=STAGES[name]))


if __name__ == "__main__":
    print(run_stage(sys.argv[1], Path(sys.argv[2])))
