"""Batches through real processes: all of them answered once, whoever dies on the way."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from configs.errors import IndexingError
from indexers import worker_processes
from indexers.extraction_pool import BATCH_BYTES, BATCH_FILES, INLINE_BYTES, default_jobs, run_extraction
from indexers.worker import Job, decode_analysis
from tests.unit.indexers.killing_work import (
    answer_at_length,
    die_at_once,
    die_on_poison,
    name_process,
    raise_on_poison,
    spin_on_poison,
)

HEAVY = BATCH_BYTES // 4


def jobs(paths: list[str], size: int = HEAVY) -> list[tuple[Job, int]]:
    return [((path, "/nowhere/" + path, "python", 1_000, b""), size) for path in paths]


def names(count: int) -> list[str]:
    return [f"f{number}.py" for number in range(count)]


def test_every_file_is_answered_once_by_processes_of_our_own() -> None:
    answers = list(run_extraction(jobs(names(40)), executor=None, workers=2, work=name_process))
    assert sorted(path for path, _ in answers) == sorted(names(40))
    processes = {int(payload) for _, payload in answers}
    assert os.getpid() not in processes
    assert 1 <= len(processes) <= 2
    assert not multiprocessing.active_children()


def test_no_process_is_started_for_little_work() -> None:
    little = jobs(names(BATCH_FILES * 2), INLINE_BYTES // (BATCH_FILES * 4))
    for given, workers in ((little, 2), (jobs(names(40)), 1)):
        answers = list(run_extraction(given, executor=None, workers=workers, work=name_process))
        assert {int(payload) for _, payload in answers} == {os.getpid()}
        assert [path for path, _ in answers] == [job[0] for job, _ in given]
    assert list(run_extraction([], executor=None, workers=2, work=name_process)) == []


def test_an_executor_of_the_callers_own_is_used_and_left_open() -> None:
    with ThreadPoolExecutor(2) as executor:
        for given in (jobs(names(30)), jobs([])):
            answers = list(run_extraction(given, executor=executor, workers=None, work=name_process))
            assert sorted(path for path, _ in answers) == sorted(job[0] for job, _ in given)
        assert executor.submit(int, "7").result() == 7


def test_a_file_that_never_ends_is_the_only_one_lost() -> None:
    paths = [*names(6), "poison.py"]
    answers = dict(run_extraction(jobs(paths), executor=None, workers=2, work=spin_on_poison, limit_s=0.3))
    assert set(answers) == set(paths)
    assert decode_analysis(answers["poison.py"]).issue == "crashed"
    assert answers["f0.py"] == b"F0.PY"


@pytest.mark.parametrize("poison", [["poison.py"], ["poison_1.py", "poison_2.py"]])
def test_a_file_that_kills_its_process_is_the_only_one_lost(poison: list[str]) -> None:
    paths = names(30)
    paths[7:7] = poison[:1]
    paths[20:20] = poison[1:]
    answers = list(run_extraction(jobs(paths), executor=None, workers=2, work=die_on_poison))
    assert sorted(path for path, _ in answers) == sorted(paths)
    for path, payload in answers:
        if path in poison:
            analysis = decode_analysis(payload)
            assert (analysis.issue, analysis.content_hash) == ("crashed", "")
            assert analysis.detail
        else:
            assert payload == path.upper().encode()
    assert not multiprocessing.active_children()


def test_only_the_batch_that_its_process_was_at_is_repeated_file_by_file(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    give = worker_processes._Process.give

    def counted(process: worker_processes._Process, batch: list[Job]) -> None:
        given.append([job[0] for job in batch])
        give(process, batch)

    monkeypatch.setattr(worker_processes._Process, "give", counted)
    assert (
        len(list(run_extraction(jobs(["poison.py", *names(79)]), executor=None, workers=2, work=die_on_poison))) == 80
    )
    first = given[0]
    assert first[0] == "poison.py"
    assert {batch[0] for batch in given if len(batch) == 1} == set(first)


def test_a_process_killed_in_the_middle_of_its_answer_holds_nobody_up() -> None:
    """Its answer is longer than a pipe takes, and nobody reads it while the process is killed."""
    with closing(run_extraction(jobs(names(40)), executor=None, workers=2, work=answer_at_length)) as answers:
        paths = [next(answers)[0]]
        killed = multiprocessing.active_children()
        for process in killed:
            process.kill()
            process.join()
        paths += [path for path, _ in answers]
    assert len(killed) == 2
    assert sorted(paths) == sorted(names(40))
    assert not multiprocessing.active_children()


def test_processes_that_cannot_live_are_no_fault_of_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexers.worker_processes.start_worker", die_at_once)
    with pytest.raises(IndexingError, match="end as soon as they start") as error:
        list(run_extraction(jobs(names(40)), executor=None, workers=2, work=name_process))
    assert "--jobs 1" in error.value.next_step
    assert not multiprocessing.active_children()


def test_an_error_of_the_work_reaches_the_caller_and_ends_the_processes() -> None:
    given = jobs([*names(10), "poison.py", *names(40)])
    with pytest.raises(RuntimeError, match="no work for poison"):
        list(run_extraction(given, executor=None, workers=2, work=raise_on_poison))
    assert not multiprocessing.active_children()


def test_who_stops_listening_ends_the_processes() -> None:
    with closing(run_extraction(jobs(names(80)), executor=None, workers=2, work=name_process)) as answers:
        next(answers)
        assert multiprocessing.active_children()
    assert not multiprocessing.active_children()


def test_default_jobs_are_the_cores_we_may_use() -> None:
    assert 1 <= default_jobs() <= (os.cpu_count() or 1)
