"""`clew vectors install` and `uninstall`: an embedding model in the store. The one command that downloads a model to run here."""

from __future__ import annotations

import sys
from pathlib import Path

from app.cli.composition import opened
from app.cli.progress import ProgressLine
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, write_json
from app.store_files import MODELS_FOLDER
from configs.settings import EmbeddingSettings, Settings
from models.embedders.catalogue import INSTALLABLE, InstallableModel
from models.embedders.installing import install, installed_model, model_named, uninstall

MB = 1e6


def run(command: str, store: str | None, as_json: bool = False, name: str | None = None, jar: str | None = None) -> int:
    """Return 0; 1 when there is nothing to uninstall. Raises InputError, ModelUnavailable, ConfigError, StoreError."""
    with opened(store) as wiring:
        settings = wiring.settings
        if command == "uninstall":
            return _uninstall(settings, as_json)
        if name is None and jar is None:
            return _list(settings, as_json)
        return _install(settings, name, jar, as_json)


def _install(settings: Settings, name: str | None, jar: str | None, as_json: bool) -> int:
    wanted = model_named(name) if name is not None else None
    base_url = settings.embedding.models_url
    progress = ProgressLine(sys.stderr)
    if wanted is not None and jar is None:
        progress.note(f"{_described(wanted)} from {base_url or 'where Maven is set up to'}")
    try:
        model, folder = install(
            settings.home / MODELS_FOLDER,
            wanted,
            base_url=base_url,
            jar=Path(jar).expanduser() if jar is not None else None,
            progress=progress,
        )
    finally:
        progress.close()
    serves = _serves(settings.embedding)
    if as_json:
        write_json({**_shape(model), "folder": str(folder), "serves": serves})
        return FOUND
    screen = Screen()
    screen.line((model.name, "title"), f"  licence {model.licence}, in ", (str(folder), "path"))
    if serves:
        screen.line("next: a running `clew serve` takes it within a minute; without one, `clew vectors --fill`")
    else:
        screen.line(
            ("embedding.source, .folder or .url of your settings name another embedder: that one serves", "warn")
        )
    return FOUND


def _uninstall(settings: Settings, as_json: bool) -> int:
    names = uninstall(settings.home / MODELS_FOLDER)
    if as_json:
        write_json({"uninstalled": names})
    else:
        Screen().line(f"deleted: {', '.join(names)}" if names else "none: no model is installed")
    return FOUND if names else NONE


def _list(settings: Settings, as_json: bool) -> int:
    folder = installed_model(settings.home / MODELS_FOLDER)
    here = folder.name if folder else ""
    if as_json:
        write_json({"models": [{**_shape(one), "installed": one.name == here} for one in INSTALLABLE]})
        return FOUND
    screen = Screen()
    for one in INSTALLABLE:
        screen.line((one.name, "title"), f"  {_described(one)}", ("  installed" if one.name == here else "", "good"))
    source = settings.embedding.models_url or "where Maven (`mvn`) is set up to"
    screen.line((f"clew vectors install NAME downloads it from {source}", "dim"))
    return FOUND


def _serves(settings: EmbeddingSettings) -> bool:
    """Return whether the settings leave the choice to what is installed."""
    return settings.folder is None and (settings.source == "local" or (settings.source == "auto" and not settings.url))


def _described(model: InstallableModel) -> str:
    return f"{model.origin}, {model.about}, licence {model.licence}, {model.size_bytes / MB:.0f} MB"


def _shape(model: InstallableModel) -> dict[str, object]:
    return {
        "name": model.name,
        "origin": model.origin,
        "licence": model.licence,
        "file": model.file_name,
        "bytes": model.size_bytes,
        "sha256": model.sha256,
    }
