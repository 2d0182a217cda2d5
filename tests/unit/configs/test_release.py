from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from configs.errors import ConfigError, UnknownRelease
from configs.release import PROMPTS, RELEASES, Releases
from configs.triage import INTENTS


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the shipped releases and prompts that a test may change."""
    return (
        Path(shutil.copytree(RELEASES, tmp_path / "releases")),
        Path(shutil.copytree(PROMPTS, tmp_path / "prompts")),
    )


def test_the_default_release_covers_every_intent() -> None:
    release = Releases().get("default")
    assert set(release.routes) == set(INTENTS)
    told = {rule.intent for rule in release.triage.rules}
    assert told | {"debug"} == set(INTENTS), "debug is told by its traceback, not by a phrase"
    assert release.limits.max_rounds == 2
    assert re.fullmatch(r"[0-9a-f]{64}", release.id)


def test_the_id_is_of_the_content_not_of_the_name(folders: tuple[Path, Path]) -> None:
    first = Releases(*folders).get("default")
    (folders[0] / "default.yaml").rename(folders[0] / "other.yaml")
    again = Releases(*folders).get("other")
    assert again.id == first.id
    assert again.name == "other"
    assert Releases(*folders).get(first.id[:12]) == again


@pytest.mark.parametrize("changed", ["releases/default.yaml", "prompts/answer.md"])
def test_a_changed_file_is_another_release(folders: tuple[Path, Path], changed: str) -> None:
    before = Releases(*folders).get("default").id
    file = folders[0].parent / changed
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("max_rounds: 2", "max_rounds: 1").replace("Be brief", "Be short"), encoding="utf-8")
    assert Releases(*folders).get("default").id != before


def test_a_comment_is_not_content(folders: tuple[Path, Path]) -> None:
    before = Releases(*folders).get("default").id
    file = folders[0] / "default.yaml"
    file.write_text("# a note\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert Releases(*folders).get("default").id == before


def test_a_loaded_release_does_not_change_under_a_run(folders: tuple[Path, Path]) -> None:
    releases = Releases(*folders)
    first = releases.get("default")
    (folders[0] / "default.yaml").write_text("broken: [", encoding="utf-8")
    assert releases.get("default") is first
    with pytest.raises(Exception, match="frozen"):
        first.name = "other"


@pytest.mark.parametrize("name", ["nobody", "0123456789abcdef", "../default", ""])
def test_an_unknown_release_names_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownRelease) as unknown:
        Releases().get(name)
    assert "default" in unknown.value.next_step


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("graph_version", "0"),
        ("routes", {}),
        ("surprise", 1),
        ("prompts", ["missing"]),
        ("limits", {"max_rounds": -1}),
    ],
)
def test_a_release_that_cannot_be_used_is_a_config_error(folders: tuple[Path, Path], key: str, value: object) -> None:
    file = folders[0] / "default.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content[key] = value
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigError) as broken:
        Releases(*folders).get("default")
    assert broken.value.next_step


def test_a_bad_pattern_is_found_when_the_release_is_read(folders: tuple[Path, Path]) -> None:
    file = folders[0] / "default.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["triage"]["rules"][0]["pattern"] = "(unclosed"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigError):
        Releases(*folders).get("default")


def test_prompts_are_rendered_in_a_sandbox(folders: tuple[Path, Path]) -> None:
    (folders[1] / "answer.md").write_text("{{ ''.__class__.__mro__ }}", encoding="utf-8")
    with pytest.raises(ConfigError):
        Releases(*folders).get("default").render("answer")


def test_a_prompt_needs_all_its_values() -> None:
    release = Releases().get("default")
    with pytest.raises(ConfigError):
        release.render("answer", question="?")
    with pytest.raises(ConfigError):
        release.render("nothing")
