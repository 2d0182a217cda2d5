"""Reads `clew.yaml`: which file rules, what may stand in it, and what a project's own file may not choose."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import BaseModel

from configs.errors import ConfigError
from configs.settings.addresses import host_of, is_loopback
from configs.settings.connecting import SourceSettings
from configs.settings.group import split
from configs.settings.serving import AccessSettings, RateSettings
from configs.settings.slack import SlackSettings
from configs.settings.tree import Settings

FILE_NAME = "clew.yaml"
NAMED = "CLEW_CONFIG"
"""The variable that names a file to be taken instead of any `clew.yaml`: whoever sets it has chosen it, as their own file is."""


def find_file(folder: Path) -> Path | None:
    """Return the file of CLEW_CONFIG, else the `clew.yaml` that rules in `folder`: the nearest one upwards, else the user's own, else None.

    Raises ConfigError when CLEW_CONFIG names no file.
    """
    if named := os.environ.get(NAMED):
        if not Path(named).is_file():
            raise ConfigError(f"there is no file {named!r}", next_step=f"look at --config and {NAMED}")
        return Path(named).absolute()
    for candidate in (folder, *folder.absolute().parents):
        if (candidate / FILE_NAME).is_file():
            return candidate / FILE_NAME
    personal = personal_file()
    return personal if personal.is_file() else None


def use_file(file: str) -> None:
    """Let this process, and those that it starts, take their settings from this file."""
    os.environ[NAMED] = str(Path(file).absolute())


def is_chosen(file: Path) -> bool:
    """Tell whether the person has chosen the file themselves, rather than found it in a folder."""
    return bool(os.environ.get(NAMED)) or file == personal_file()


def personal_file() -> Path:
    """Return where the user's own `clew.yaml` is, or would be."""
    return platformdirs.user_config_path("clew", appauthor=False) / FILE_NAME


def read_file(file: Path) -> dict[str, Any]:
    """Return the values of a `clew.yaml`. Raises ConfigError: it cannot be read, or it sets what it may not."""
    try:
        return values_in(file.read_text("utf-8"), file)
    except (OSError, UnicodeDecodeError) as exc:
        raise _unreadable(file, exc) from exc


def values_in(text: str, file: Path) -> dict[str, Any]:
    """Return the values that a text would have as this `clew.yaml`. Raises ConfigError as `read_file` does."""
    import yaml  # start-up time: most folders have no clew.yaml

    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise _unreadable(file, _said_of(exc)) from exc
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise ConfigError(
            f"{str(file)!r} must hold keys and values, not {type(loaded).__name__}",
            next_step="see docs/settings.md",
        )
    _check_keys(loaded, Settings, "", file)
    _check_no_secret(loaded, file)
    if isinstance(loaded.get("home"), str):
        loaded["home"] = str(file.parent / Path(loaded["home"]).expanduser())
    if not is_chosen(file):
        _check_project_file(loaded, file)
    return loaded


def _said_of(error: Exception) -> str:
    """Return what is wrong and where, without the line itself, which YAML's own words repeat: a secret may stand in it."""
    mark = getattr(error, "problem_mark", None)
    place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
    return f"{getattr(error, 'problem', None) or 'it is no YAML'}{place}"


def _unreadable(file: Path, cause: object) -> ConfigError:
    return ConfigError(f"{str(file)!r} cannot be read: {cause}", next_step="repair or remove the file")


def _check_keys(values: Mapping[Any, Any], model: type[BaseModel], prefix: str, file: Path) -> None:
    fields = model.model_fields
    for key, value in values.items():
        if key not in fields:
            near = difflib.get_close_matches(str(key), fields, n=1, cutoff=0.5)
            hint = f"did you mean {prefix + near[0]!r}?" if near else f"known here: {', '.join(fields)}"
            raise ConfigError(f"unknown key {prefix + str(key)!r} in {str(file)!r}", next_step=hint)
        annotation = fields[key].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and isinstance(value, Mapping):
            _check_keys(value, annotation, f"{prefix}{key}.", file)


SECRETS = (
    ("graph", "password", "password"),
    ("memory", "password", "password"),
    ("threads", "password", "password"),
    ("ledger", "password", "password"),
    ("ledger", "signing_key", "key"),
    ("tracing", "api_key", "key"),
    ("retrieval", "chroma_token", "token"),
    ("embedding", "api_key", "key"),
    ("model", "openai_key", "key"),
    ("model", "anthropic_key", "key"),
    ("rates", "password", "password"),
    ("sources", "sealing_key", "key"),
    ("sources", "proxy_password", "password"),
    ("slack", "bot_token", "token"),
    ("slack", "signing_secret", "secret"),
    ("slack", "app_token", "token"),
)
"""Group, setting, what it is: none of them may stand in a file."""


def _check_no_secret(values: Mapping[str, Any], file: Path) -> None:
    for group, key, what in SECRETS:
        found = values.get(group)
        if isinstance(found, Mapping) and key in found:
            raise ConfigError(
                f"{str(file)!r} sets '{group}.{key}': a {what} does not belong into a file",
                next_step=f"take it out, and set CLEW_{group.upper()}__{key.upper()}",
            )


OWNERS_CHOICE = (
    *(("graph", key) for key in ("backend", "url", "user", "database")),
    *(("memory", key) for key in ("backend", "url")),
    *(("threads", key) for key in ("store", "url")),
    *(("ledger", key) for key in ("store", "url", "required", "anchor_file", "keep_days")),
    *(("tracing", key) for key in ("langsmith", "url", "project")),
    *(("retrieval", key) for key in ("vectors", "chroma_url")),
    ("embedding", "folder"),
    ("embedding", "models_url"),
    *(("budget", key) for key in ("limits", "team", "alert_shares", "economy_share", "reservation_s", "prices")),
    *(("model", key) for key in ("openai_models", "anthropic_models", "anthropic_url")),
    *(("privacy", key) for key in ("default", "repositories", "inside")),
    ("serve", "roots"),
    *(("access", key) for key in AccessSettings.model_fields),
    *(("rates", key) for key in RateSettings.model_fields),
    *(("sources", key) for key in SourceSettings.model_fields),
    *(("slack", key) for key in SlackSettings.model_fields),
    *(
        ("serve", key)
        for key in (
            "host",
            "workers",
            "tls_cert",
            "tls_key",
            "allowed_hosts",
            "cors_origins",
            "configurable",
            "trusted_proxies",
        )
    ),
)
"""Group and setting that only the person may set: where data goes, who may ask, and whose model is loaded."""


ADDRESSES = (("model", "ollama_url"), ("model", "further_hosts"), ("model", "openai_url"), ("embedding", "url"))
"""Group and setting of the addresses that code is sent to."""


def _check_project_file(values: Mapping[str, Any], file: Path) -> None:
    """A `clew.yaml` that came with somebody's repository must not choose where code is sent, nor which store is read."""
    if "home" in values:
        raise ConfigError(
            f"{str(file)!r} sets 'home': a project's file may not choose the store",
            next_step=f"set CLEW_HOME, use --store, or write it into {str(personal_file())!r}",
        )
    for group, key in OWNERS_CHOICE:
        found = values.get(group)
        if isinstance(found, Mapping) and key in found:
            raise ConfigError(
                f"{str(file)!r} sets '{group}.{key}': a project's file may not choose the store or load a model",
                next_step=f"set CLEW_{group.upper()}__{key.upper()}, or write it into {str(personal_file())!r}",
            )
    for group, key in ADDRESSES:
        found = values.get(group)
        named = found.get(key) if isinstance(found, Mapping) else None
        for url in named if isinstance(named, list) else split(named or ""):
            if isinstance(url, str) and not is_loopback(host_of(url)):
                raise ConfigError(
                    f"{str(file)!r} sends code to {host_of(url) or 'no host'!r}: a project's file may only name a host on this machine",
                    next_step=f"set CLEW_{group.upper()}__{key.upper()} or write it into {str(personal_file())!r}",
                )
