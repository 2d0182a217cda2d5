"""An index of a small program, laid over: agreement, correction, addition, the outside, and indexes that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.errors import InputError
from indexers.languages import extract, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from indexers.scip import overlay as overlays
from indexers.scip.merging import Merger
from indexers.scip.overlay import CoveredFile, ScipReport, decode_overlay, encode_overlay, read_index
from knowledge.schema import RelationKind, Strategy, Tier
from tests.unit.indexers.scip.writing import Occurrence, document, write_index

SOURCE = """\
class Box:
    def __init__(self): pass
    def open(self): pass

def lift(): pass

def run(box, ß):
    lift()
    box.open()
    ß.open()
    made = Box()
    print(made)
    alias()

alias = lift

class Crane:
    def lift(self): pass
"""
PATH = "box.py"
BOX, INIT, OPEN, LIFT, RUN = (
    f"t p n v `box`/{name}" for name in ("Box#", "Box#__init__().", "Box#open().", "lift().", "run().")
)
ALIAS, CRANE_LIFT = "t p n v `box`/alias.", "t p n v `box`/Crane#lift()."
DEFINITIONS: list[Occurrence] = [
    (0, 6, BOX, 1),
    (1, 8, INIT, 1),
    (2, 8, OPEN, 1),
    (4, 4, LIFT, 1),
    (6, 4, RUN, 1),
    (14, 0, ALIAS, 1),
    (17, 8, CRANE_LIFT, 1),
    (6, 8, "local 0", 1),
]


def covered(source: str = SOURCE) -> dict[str, CoveredFile]:
    facts = extract("python", source.encode())
    return {PATH: CoveredFile(PATH, "h1", lambda: facts, source.encode)}


def read(tmp_path: Path, occurrences: list[Occurrence], encoding: int = 0) -> ScipReport:
    index = write_index(tmp_path / "i.scip", [document(PATH, [*DEFINITIONS, *occurrences], encoding)])
    return read_index(index, covered())


def calls(report: ScipReport) -> dict[int, list[tuple[str, str, str]]]:
    """Return line -> (target, strategy, tier) of its calls, laid over; an unresolved call has no target."""
    files = covered()
    resolution = Resolution("r", [ProgramFile(PATH, files[PATH].facts())], profile_for("python")(Layout([PATH], {})))
    resolution.overlay = Merger(resolution.symbols, 0, report.overlays).merged
    found: dict[int, list[tuple[str, str, str]]] = {}
    for kind, strategy, tier, _, _, target, external, _, line, _ in resolution.relations():
        if kind is RelationKind.CALLS:
            name = resolution.symbols[target].local_name if target >= 0 else f"^{external}"
            found.setdefault(line, []).append((name, strategy.value, tier.value))
    for _, callee, _, line, _ in resolution.unresolved_rows:
        found.setdefault(line, []).append((callee, "", ""))
    return found


def test_agreement_confirms(tmp_path: Path) -> None:
    report = read(tmp_path, [(7, 4, LIFT, 0)])
    assert calls(report)[8] == [("lift", Strategy.CONFIRMED, Tier.EXACT)]


def test_a_class_and_its_constructor_agree(tmp_path: Path) -> None:
    for symbol in (BOX, INIT):
        assert {row[1] for row in calls(read(tmp_path, [(10, 11, symbol, 0)]))[11]} == {Strategy.CONFIRMED}


def test_disagreement_keeps_both(tmp_path: Path) -> None:
    assert calls(read(tmp_path, [(7, 4, CRANE_LIFT, 0)]))[8] == [
        ("lift", Strategy.DISPUTED, Tier.AMBIGUOUS),
        ("Crane.lift", Strategy.COMPILER, Tier.EXACT),
    ]


def test_a_target_of_another_name_is_not_believed(tmp_path: Path) -> None:
    before = calls(read(tmp_path, []))[8]
    assert calls(read(tmp_path, [(7, 4, RUN, 0)]))[8] == before


def test_a_definition_that_the_index_lacks_is_known_by_its_name(tmp_path: Path) -> None:
    assert calls(read(tmp_path, [(7, 4, "t p n v `box`/again/lift().", 0)]))[8][0][1] == Strategy.DISPUTED
    report = read_index(
        write_index(tmp_path / "j.scip", [document(PATH, [(0, 6, BOX, 1), (7, 4, LIFT, 0)])]), covered()
    )
    assert calls(report)[8] == [("lift", Strategy.CONFIRMED, Tier.EXACT)]


def test_something_outside_corrects_too(tmp_path: Path) -> None:
    assert calls(read(tmp_path, [(7, 4, "t p other v `other.api`/lift().", 0)]))[8] == [
        ("lift", Strategy.DISPUTED, Tier.AMBIGUOUS),
        ("^other.api.lift", Strategy.COMPILER, Tier.EXTERNAL),
    ]


def test_the_outside_agreed_on_stays_as_it_is(tmp_path: Path) -> None:
    before = calls(read(tmp_path, []))[12]
    assert calls(read(tmp_path, [(11, 4, "t p std v builtins/print().", 0)]))[12] == before


def test_an_unresolved_call_gets_its_target(tmp_path: Path) -> None:
    assert calls(read(tmp_path, []))[9] == [("box.open", "", "")]
    assert calls(read(tmp_path, [(8, 8, OPEN, 0)]))[9] == [("Box.open", Strategy.COMPILER, Tier.EXACT)]


def test_a_variable_says_nothing_about_what_is_called(tmp_path: Path) -> None:
    before = calls(read(tmp_path, []))[13]
    assert calls(read(tmp_path, [(12, 4, ALIAS, 0)]))[13] == before


@pytest.mark.parametrize(("encoding", "column"), [(0, 6), (1, 7), (2, 6), (3, 6)])
def test_columns_count_what_the_index_says(encoding: int, column: int, tmp_path: Path) -> None:
    report = read(tmp_path, [(9, column, OPEN, 0)], encoding)
    assert report.overlays[PATH].by_position() == {(10, 8): "box.py#Box.open"}


def test_only_sites_of_ours_are_kept(tmp_path: Path) -> None:
    report = read(tmp_path, [(6, 8, OPEN, 0), (7, 4, LIFT, 0), (7, 4, "local 0", 0)])
    assert (report.documents, report.sites, report.outside) == (1, 1, 0)


def test_an_overlay_comes_back_as_it_was(tmp_path: Path) -> None:
    kept = read(tmp_path, [(7, 4, LIFT, 0)]).overlays[PATH]
    assert decode_overlay(encode_overlay(kept)) == kept
    assert overlays.cache_key("shop", PATH, "h1").startswith("h1:")


def test_an_index_of_other_files_is_refused(tmp_path: Path) -> None:
    index = write_index(tmp_path / "i.scip", [document("other.py", DEFINITIONS)])
    with pytest.raises(InputError, match="none of the indexed files"):
        read_index(index, covered())


def test_an_index_of_another_state_is_refused(tmp_path: Path) -> None:
    source = "".join(f"def f{number}(): pass\n" for number in range(30))
    moved = document(PATH, [(number + 5, 4, f"t p n v `box`/f{number}().", 1) for number in range(30)])
    with pytest.raises(InputError, match="does not fit"):
        read_index(write_index(tmp_path / "i.scip", [moved]), covered(source))
