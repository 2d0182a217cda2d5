from __future__ import annotations

import json
from pathlib import Path

import pytest

from configs.errors import InputError, StoreUnavailable
from ops.ledger.anchors import Anchoring, anchor_of, read_anchor, write_anchor
from ops.ledger.ledger import Ledger
from tests.unit.ops.ledger.conftest import SIGNER
from tests.unit.ops.ledger.examples import asked, thumb


def test_an_anchor_is_read_as_it_was_written(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append([asked(), thumb(), asked()])
    anchor = anchor_of(ledger.heads(), 7, SIGNER)
    write_anchor(anchor, tmp_path / "far" / "anchor.json")
    read = read_anchor(tmp_path / "far" / "anchor.json")
    assert (read.heads, read.at_us, read.mac, read.signer) == (anchor.heads, 7, anchor.mac, SIGNER.id)
    assert SIGNER.holds(read.said(), read.mac)
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["anchor.json"]


@pytest.mark.parametrize("text", ["", "[]", '{"format": "other"}', '{"format": "clew-ledger-anchor/1"}', "\0"])
def test_what_is_no_anchor_is_said(text: str, tmp_path: Path) -> None:
    (tmp_path / "anchor").write_text(text)
    with pytest.raises(InputError, match="no anchor"):
        read_anchor(tmp_path / "anchor")


def test_a_file_that_is_not_there_is_no_anchor(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no anchor"):
        read_anchor(tmp_path / "anchor")


def test_a_place_that_cannot_be_written_is_said(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        write_anchor(anchor_of(ledger.heads(), 7, SIGNER), tmp_path / "file" / "anchor")


def test_a_running_process_anchors_at_times_and_at_the_end(ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "anchor"
    anchoring = Anchoring(file, lambda _: SIGNER, every_s=3_600)

    def anchored() -> int:
        return int(json.loads(file.read_text())["heads"]["answers"]["number"])

    ledger.append([asked()])
    anchoring.anchored(ledger, False)
    assert anchored() == 1
    ledger.append([asked()])
    anchoring.anchored(ledger, False)
    assert anchored() == 1
    anchoring.anchored(ledger, True)
    assert anchored() == 2
    file.unlink()
    anchoring.anchored(ledger, True)
    assert not file.exists(), "written though nothing was new"
