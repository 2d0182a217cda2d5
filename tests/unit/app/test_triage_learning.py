"""Learning of the intent classifier: the same wordings give the same bytes, and what is learned is read back as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from agents.questions.intents import classifier_of, load, masked
from app.triage_learning import learn, read_wordings
from configs.errors import ConfigError, InputError
from configs.release import RELEASES, Releases

SUFFIXES = frozenset({"py"})
ASKED = {
    "callers": ["who calls NAME", "callers of NAME", "what calls NAME", "where is NAME called"],
    "tests": ["tests of NAME", "which tests cover NAME", "is NAME tested", "show the tests for NAME"],
    "overview": [
        "what is this project",
        "overview of the project",
        "describe the project",
        "what does this project do",
    ],
}


@pytest.fixture
def wordings(tmp_path: Path) -> Path:
    rows = [
        {"text": text, "intent": intent, "author": author, "repository": "r"}
        for intent, texts in ASKED.items()
        for number, text in enumerate(texts)
        for author in ("one", "two")[number % 2 :][:1]
    ]
    rows.append({"text": "calls to NAME", "intent": "callers", "author": "phrases"})
    rows.append(
        {"text": "two things", "intent": "callers", "author": "one", "repository": "r", "complexity": "compound"}
    )
    file = tmp_path / "wordings.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return file


def test_what_is_learned_is_read_back(wordings: Path) -> None:
    found = read_wordings([wordings], SUFFIXES)
    assert len(found) == 13
    learned = learn(found)
    assert learned.content == learn(found).content
    classifier = load(learned.content)
    for text, intent in (("who calls `total`", "callers"), ("tests for `total`", "tests")):
        shares = classifier.probabilities(masked(text, (), SUFFIXES))
        assert max(shares, key=lambda one: shares[one]) == intent
    assert load(learned.content, ("tests",)).probabilities("whatever") == {"tests": 1.0}


def test_a_line_that_is_no_wording_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"text": "x"}\n', "utf-8")
    with pytest.raises(InputError, match="line 1"):
        read_wordings([file], SUFFIXES)
    file.write_text('{"text": "x", "intent": "tests", "author": "a"}\n', "utf-8")
    with pytest.raises(InputError, match="too few"):
        read_wordings([file], SUFFIXES)


def test_a_release_elsewhere_has_the_classifier_beside_it(wordings: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(RELEASES, tmp_path / "releases"))
    shipped = Releases().get("default")
    own = learn(read_wordings([wordings], SUFFIXES))
    (folder / "triage.npz").write_bytes(own.content)
    with pytest.raises(ConfigError, match="have the hash"):
        Releases(folder).get("default")
    assert shipped.triage.classifier is not None
    text = (folder / "default.yaml").read_text("utf-8")
    (folder / "default.yaml").write_text(text.replace(shipped.triage.classifier.sha256, own.sha256), "utf-8")
    release = Releases(folder).get("default")
    assert release.id != shipped.id
    found, whole = classifier_of(release), classifier_of(shipped)
    assert found is not None and whole is not None
    assert set(found.intents) < set(whole.intents)
    shutil.copy(RELEASES / "triage.npz", folder / "triage.npz")
    shutil.copy(RELEASES / "default.yaml", folder / "default.yaml")
    assert Releases(folder).get("default").id == shipped.id  # where it lies is no part of what it is
