from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from configs.errors import ClewError, ConfigError, InputError, ModelUnavailable, StoreBusy, StoreUnavailable
from models.embedders import installing
from models.embedders.catalogue import INSTALLABLE, InstallableModel
from models.embedders.installing import install, installed_model, model_named, uninstall
from models.embedders.local import LocalEmbedder
from tests.servers.maven_repository import MavenRepository, serving
from tests.unit.models.embedders.small_jar import small_jar
from tests.unit.models.embedders.small_onnx import WORDS

CUT = 100_000


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstallableModel:
    model, _ = small_jar(tmp_path)
    monkeypatch.setattr(installing, "INSTALLABLE", (model, *INSTALLABLE))
    return model


@pytest.fixture
def jar(model: InstallableModel, tmp_path: Path) -> Path:
    return tmp_path / model.file_name


@pytest.fixture
def repository(model: InstallableModel, jar: Path) -> Iterator[MavenRepository]:
    with serving(MavenRepository(model.path, jar.read_bytes())) as served:
        yield served


def fetch(models: Path, model: InstallableModel, repository: MavenRepository) -> list[tuple[str, int, int]]:
    told: list[tuple[str, int, int]] = []
    install(models, model, base_url=repository.url, jar=None, progress=lambda *step: told.append(step))
    return told


def from_file(models: Path, model: InstallableModel | None, jar: Path) -> Path:
    return install(models, model, base_url="http://127.0.0.1:9", jar=jar, progress=lambda *_: None)[1]


def left(models: Path) -> set[str]:
    return {path.name for path in models.iterdir()} - {".lock"}


def test_a_model_is_downloaded_checked_unpacked_and_runs(
    tmp_path: Path, model: InstallableModel, repository: MavenRepository
) -> None:
    models = tmp_path / "models"
    told = fetch(models, model, repository)
    size_kb = model.size_bytes // 1_000
    assert told[-1] == ("download", size_kb, size_kb) and len(told) > 2
    folder = installed_model(models)
    assert folder == models / "small"
    assert left(models) == {"small"}, "neither the archive nor a trace of the unpacking is left"
    assert not list(tmp_path.rglob("outside.txt")), "only what the catalogue names leaves the archive"
    embedder = LocalEmbedder(folder)
    assert embedder.licence == "mit"
    assert set(np.flatnonzero(embedder.embed_query("cart"))) == {WORDS.index("query:"), WORDS.index("cart")}
    assert WORDS.index("passage:") in np.flatnonzero(embedder.embed_documents(["cart"])[0])


def test_what_was_cut_short_is_kept_and_continued(
    tmp_path: Path, model: InstallableModel, repository: MavenRepository
) -> None:
    models = tmp_path / "models"
    repository.cut_after = CUT
    with pytest.raises(ModelUnavailable) as caught:
        fetch(models, model, repository)
    assert "install again to go on" in caught.value.next_step and "--jar" in caught.value.next_step
    assert installed_model(models) is None
    had = (models / f"{model.file_name}.part").stat().st_size
    assert 0 < had <= CUT
    told = fetch(models, model, repository)
    assert repository.asked == ["", f"bytes={had}-"]
    assert told[0][1] >= had // 1_000
    assert left(models) == {"small"}


def test_ctrl_c_keeps_what_came(tmp_path: Path, model: InstallableModel, repository: MavenRepository) -> None:
    models = tmp_path / "models"

    def interrupted(_stage: str, _done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install(models, model, base_url=repository.url, jar=None, progress=interrupted)
    assert installed_model(models) is None
    assert left(models) == {f"{model.file_name}.part"}
    fetch(models, model, repository)
    assert repository.asked[1].startswith("bytes=")
    assert left(models) == {"small"}


def test_a_server_without_ranges_gives_all_again(
    tmp_path: Path, model: InstallableModel, repository: MavenRepository
) -> None:
    repository.cut_after, repository.ranges = CUT, False
    with pytest.raises(ModelUnavailable):
        fetch(tmp_path / "models", model, repository)
    fetch(tmp_path / "models", model, repository)
    assert left(tmp_path / "models") == {"small"}


def test_another_file_than_the_pinned_one_is_thrown_away(
    tmp_path: Path, model: InstallableModel, repository: MavenRepository
) -> None:
    models, whole = tmp_path / "models", repository.content
    repository.content = whole[:-1] + bytes([whole[-1] ^ 1])
    with pytest.raises(ModelUnavailable, match=model.sha256):
        fetch(models, model, repository)
    assert left(models) == set()
    repository.content = whole + b"more"
    with pytest.raises(ModelUnavailable, match="bytes came"):
        fetch(models, model, repository)
    assert left(models) == set()
    repository.content = whole
    fetch(models, model, repository)


def test_a_whole_file_that_a_killed_process_left_is_used(
    tmp_path: Path, model: InstallableModel, jar: Path, repository: MavenRepository
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / f"{model.file_name}.part").write_bytes(jar.read_bytes())
    (models / ".unpacking-killed").mkdir()
    fetch(models, model, repository)
    assert repository.asked == []
    assert left(models) == {"small"}


@pytest.mark.parametrize(("status", "said"), [(404, "embedding.models_url"), (503, "status 503")])
def test_a_server_that_refuses_is_named(
    tmp_path: Path, model: InstallableModel, repository: MavenRepository, status: int, said: str
) -> None:
    repository.status = status
    with pytest.raises(ModelUnavailable) as caught:
        fetch(tmp_path / "models", model, repository)
    assert said in f"{caught.value.message} {caught.value.next_step}"


def test_without_a_network_the_next_step_is_the_file(tmp_path: Path, model: InstallableModel) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        install(tmp_path / "models", model, base_url="http://127.0.0.1:9/maven2", jar=None, progress=lambda *_: None)
    assert "HTTPS_PROXY" in caught.value.next_step and model.file_name in caught.value.next_step


def test_a_file_is_known_by_its_hash(tmp_path: Path, model: InstallableModel, jar: Path) -> None:
    models = tmp_path / "models"
    assert from_file(models, None, jar) == models / "small"
    assert jar.exists(), "a file of the user's stays"
    with pytest.raises(InputError, match="is the model small"):
        from_file(models, INSTALLABLE[0], jar)
    (tmp_path / "other.jar").write_bytes(b"something else")
    with pytest.raises(InputError) as caught:
        from_file(models, None, tmp_path / "other.jar")
    assert model.sha256 in caught.value.next_step and INSTALLABLE[1].file_name in caught.value.next_step
    with pytest.raises(InputError, match="cannot be read"):
        from_file(models, None, tmp_path / "nowhere.jar")
    assert installed_model(models) == models / "small"


def test_one_model_is_installed_at_a_time_and_again_without_harm(
    tmp_path: Path, model: InstallableModel, jar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    other, other_jar = small_jar(tmp_path, "other")
    monkeypatch.setattr(installing, "INSTALLABLE", (model, other))
    from_file(models, model, jar)
    from_file(models, model, jar)
    assert left(models) == {"small"}
    from_file(models, None, other_jar)
    assert left(models) == {"other"}
    assert installed_model(models) == models / "other"
    assert uninstall(models) == ["other"]
    assert uninstall(models) == []
    assert installed_model(models) is None


@pytest.mark.parametrize(
    "wrong",
    [{"weights": ("absent.onnx", 1)}, {"weights": ("m.onnx", 5)}, {"tokenizer": ("m.onnx", 7)}, {"dimension": 5}],
)
def test_a_model_that_does_not_fit_its_entry_leaves_the_one_before(
    tmp_path: Path, model: InstallableModel, jar: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, object]
) -> None:
    models = tmp_path / "models"
    from_file(models, model, jar)
    broken = replace(model, name="broken", **wrong)  # type: ignore[arg-type]
    monkeypatch.setattr(installing, "INSTALLABLE", (broken,))
    with pytest.raises(ClewError):
        from_file(models, broken, jar)
    assert left(models) == {"small"}


def test_two_installs_do_not_meet(tmp_path: Path, model: InstallableModel, jar: Path) -> None:
    (tmp_path / "models").mkdir()
    with FileLock(tmp_path / "models" / ".lock"), pytest.raises(StoreBusy):
        from_file(tmp_path / "models", model, jar)


@pytest.mark.skipif(os.name == "nt", reason="folders have other permissions there")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, model: InstallableModel, jar: Path) -> None:
    (tmp_path / "models").write_text("a file stands there")
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        from_file(tmp_path / "models", model, jar)


def test_missing_packages_are_named_before_anything_is_kept(
    tmp_path: Path, model: InstallableModel, jar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match="onnxruntime") as caught:
        from_file(tmp_path / "models", model, jar)
    assert "make demo" in caught.value.next_step
    assert installed_model(tmp_path / "models") is None


def test_models_are_named_shortly_or_in_full() -> None:
    assert model_named("all-minilm") is model_named("sentence-transformers/all-MiniLM-L6-v2") is INSTALLABLE[0]
    assert model_named("BGE-small-en-v1.5").name == "bge-small-en"
    with pytest.raises(InputError, match="no embedding model 'nomic'") as caught:
        model_named("nomic")
    assert "e5-small" in caught.value.next_step and "CLEW_EMBEDDING__FOLDER" in caught.value.next_step


def test_the_catalogue_is_whole() -> None:
    for model in INSTALLABLE:
        assert len(model.sha256) == 64 and model.licence and model.size_bytes > 1_000_000
        assert model.path.startswith("dev/langchain4j/") and model.path.endswith(model.file_name)
        assert model.pooling in installing._POOLINGS
    assert len({model.name for model in INSTALLABLE}) == len(INSTALLABLE)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for Maven is a shell script")
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("cp {jar} {models}", ""),
        ("echo x > {models}/{name}", "sha256"),
        ("echo '[ERROR] no such artifact'; exit 1", "no such artifact"),
    ],
)
def test_without_an_address_maven_brings_the_file(
    script: str, said: str, tmp_path: Path, model: InstallableModel, jar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models, bin_folder = tmp_path / "models", tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "mvn").write_text(
        "#!/bin/sh\n" + script.format(jar=jar, models=models, name=model.file_name), "utf-8"
    )
    (bin_folder / "mvn").chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_folder), prepend=os.pathsep)
    if not said:
        _, folder = install(models, model, base_url="", jar=None, progress=lambda *_: None)
        assert installed_model(models) == folder and left(models) == {model.name}
        return
    with pytest.raises(ModelUnavailable, match=said):
        install(models, model, base_url="", jar=None, progress=lambda *_: None)
    assert left(models) == set()


def test_without_an_address_and_maven_it_says_what_to_do(
    tmp_path: Path, model: InstallableModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="Maven is not installed") as error:
        install(tmp_path / "models", model, base_url="", jar=None, progress=lambda *_: None)
    assert "embedding.models_url" in error.value.next_step and "--jar FILE" in error.value.next_step
