"""Loads the settings of one run from its options, the environment and `clew.yaml`. The environment is read here and nowhere else."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from configs.errors import ConfigError
from configs.settings.addresses import holds_secret
from configs.settings.files import NAMED, find_file, read_file, values_in
from configs.settings.tree import ENVIRONMENT_PREFIX, Settings, setting_names


def load_settings(overrides: Mapping[str, Any] | None = None, *, folder: Path | None = None) -> Settings:
    """Return the settings of one run.

    Args:
        overrides: the run's own values, nested as in the tree; `None` values count as absent.
        folder: where the search for `clew.yaml` begins; the current folder by default.

    Raises:
        ConfigError: an unknown key, or a value of the wrong type or out of range, wherever it came from.
    """
    file = find_file(folder or _current_folder())
    return _settled(overrides or {}, file, read_file(file) if file else {})


def settings_of(text: str, file: Path) -> Settings:
    """Return the settings as they would be with this text in `file`, beneath this process's environment. Raises ConfigError as `load_settings` does."""
    return _settled({}, file, values_in(text, file))


def _settled(overrides: Mapping[str, Any], file: Path | None, file_values: dict[str, Any]) -> Settings:
    class FromThisFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - passed by keyword
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (
                init_settings,
                env_settings,
                InitSettingsSource(settings_cls, init_kwargs=file_values),
                InitSettingsSource(settings_cls, init_kwargs=_langsmith_variables()),
            )

    try:
        settings = FromThisFile(**_without_none(overrides))
    except ValidationError as exc:
        raise _explained(exc, file) from exc
    except ValueError as exc:  # an environment value that should be JSON and is not (pydantic's SettingsError)
        raise ConfigError(
            f"settings cannot be read: {exc}",
            next_step="check the CLEW_* environment variables",
        ) from exc
    return settings.model_copy(update={"home": settings.home.expanduser().absolute()})


def unknown_variables() -> list[str]:
    """Return the `CLEW_*` environment variables that name no setting, by name."""
    known = {ENVIRONMENT_PREFIX + name.upper().replace(".", "__") for name, _, _ in setting_names()} | {NAMED}
    return sorted(
        name for name in os.environ if name.upper().startswith(ENVIRONMENT_PREFIX) and name.upper() not in known
    )


def colour_refused() -> bool:
    """Tell whether the person wants plain text (https://no-color.org, or a terminal that cannot do more)."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def pager_wished() -> str | None:
    """Return the command that shows long text, as the person set it (`PAGER`); None where they did not."""
    return os.environ.get("PAGER")


def _langsmith_variables() -> dict[str, Any]:
    """Return what LangSmith's own environment variables say, as our settings; their older names count too."""
    found: dict[str, Any] = {}
    for key, name in (("langsmith", "TRACING"), ("url", "ENDPOINT"), ("project", "PROJECT"), ("api_key", "API_KEY")):
        older = "LANGCHAIN_TRACING_V2" if name == "TRACING" else f"LANGCHAIN_{name}"
        value = os.environ.get(f"LANGSMITH_{name}") or os.environ.get(older)
        if value:
            found[key] = value.strip().lower() in ("true", "1") if name == "TRACING" else value
    return {"tracing": found} if found else {}


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError as exc:
        raise ConfigError(f"the current folder cannot be used: {exc.strerror}", next_step="go to another one") from exc


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = {key: _without_none(value) if isinstance(value, Mapping) else value for key, value in values.items()}
    return {key: value for key, value in cleaned.items() if value is not None and value != {}}


def _explained(error: ValidationError, file: Path | None) -> ConfigError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"] if not isinstance(part, int))
    variable = f"{ENVIRONMENT_PREFIX}{name.upper().replace('.', '__')}"
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, [known for known, _, _ in setting_names()], n=1)
        hint = f"did you mean {near[0]!r}?" if near else "see docs/settings.md"
        return ConfigError(f"there is no setting {name!r} (environment variable {variable})", next_step=hint)
    where = f"the run's options, {variable}" + (f" and {str(file)!r}" if file else "")
    hidden = _may_be_secret(first["loc"]) or holds_secret(str(first["input"]))
    given = "what it is (not repeated, for it may be a secret)" if hidden else repr(first["input"])
    return ConfigError(f"setting {name!r} cannot be {given}: {first['msg'].lower()}", next_step=f"look at {where}")


def _may_be_secret(place: tuple[int | str, ...]) -> bool:
    """Tell whether what stands at a place of the tree is a secret, or a group of settings that may have some."""
    model: Any = Settings
    for part in place:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field is not None else None
    return model is SecretStr or hasattr(model, "model_fields")
