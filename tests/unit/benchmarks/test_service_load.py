from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pytest

from benchmarks.model_host import recited
from benchmarks.rest_load import percentiles
from benchmarks.rest_users import Told, options, whole_questions
from benchmarks.served import NotServing, serving
from benchmarks.service_load import MEASUREMENTS, Measurement, measured


def given(**more: object) -> argparse.Namespace:
    return argparse.Namespace(store=Path("store"), names=Path("names"), share=1.0, **more)


def test_a_share_is_taken_of_what_is_scaled_and_no_less_than_the_least() -> None:
    measurement = Measurement("m", ("--think-s", "1"), (("--users", 100, 4.0), ("--seconds", 300, 10.0)))
    whole = measurement.command(given(), Path("f"))
    assert whole[1:] == ["-m", "m", "store", "--names", "names", "--think-s", "1", "--users", "100", "--seconds", "300", "--json", "f"]  # fmt: skip
    tried = given()
    tried.share = 0.02
    assert measurement.command(tried, Path("f"))[8:-2] == ["--users", "4", "--seconds", "10"]


@pytest.mark.parametrize("name", [name for name, one in MEASUREMENTS.items() if one.module == "benchmarks.rest_users"])
def test_every_measurement_of_users_is_one_that_they_understand(name: str) -> None:
    assert options(MEASUREMENTS[name].command(given(), Path("f"))[3:]).json == Path("f")


def test_what_fails_is_told_with_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    program = [sys.executable, "-c", "import sys; print('it broke'); sys.exit(3)", "--json", "f"]
    monkeypatch.setattr(Measurement, "command", lambda *_: program)
    told = measured(MEASUREMENTS["chaos"], given())
    assert (told["ended_with"], told["said"]) == (3, "it broke\n")


def test_a_server_that_does_not_come_up_is_told_with_all_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "{"\necho \' "error": "the port is taken"\'\necho "}"\necho why >&2\nexit 2\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with (
        pytest.raises(NotServing, match=r"ended with 2: \{\n \"error\": \"the port is taken\"\n\}\nwhy"),
        serving(tmp_path),
    ):
        """It is not served."""


def test_the_model_recites_the_calls_of_its_evidence() -> None:
    prompt = (
        '<evidence number="4" source="a.py:1" symbol="a.f" mark=0>\na.f CALLS a.g (exact)\n</evidence mark=0>\n'
        '<evidence number="5" source="a.py:2" symbol="a.f" mark=0>\nprose\n</evidence mark=0>\n'
    )
    assert json.loads(recited(prompt))["claims"] == [{"text": "`a.f` calls `a.g`.", "evidence": [4]}]
    assert json.loads(recited("nothing"))["missing"]


def test_percentiles_and_the_slope_of_memory() -> None:
    assert percentiles([]) == {"count": 0, "p50": 0.0, "p95": 0.0, "p99": 0.0, "most": 0.0}
    assert percentiles([float(number) for number in range(1, 100)])["p50"] == 50.0
    told = Told(memory=[(float(at), 100.0 + at) for at in range(60)])
    assert told.slope_mb_per_min() == pytest.approx(60.0)
    told.milliseconds |= {"docs": [2.0], "first evidence": [1.0]}
    assert told.answers() == [2.0]


def test_every_wording_of_a_name_comes_once_before_any_comes_again() -> None:
    asked = whole_questions(["a_b", "c_d"], ("model",))
    assert [next(asked)[1] for _ in range(3)] == ["explain a_b", "explain c_d", "explain how a_b works"]
