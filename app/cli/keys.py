"""`clew keys` and `clew principals`: who may ask this store's server, and with which keys. A key is shown once, when it is made."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, counted, moment, said, write_json
from app.shapes.access import key_shape, key_state
from app.wiring import Wiring
from configs.errors import InputError
from knowledge.principals import ApiKey

_SPAN = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def run(command: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0 when something was found or done, else 1. Raises InputError for a key or principal that is not there."""
    with opened(store) as wiring:
        doing = wiring.administering()
        match command:
            case "create":
                secret, key = doing.create_key(
                    options["principal"],
                    label=options["label"],
                    rights=options["rights"],
                    lifetime_s=seconds(options["expires"]),
                    kind="service" if options["service"] else "user",
                    teams=options["teams"],
                    roles=options["roles"],
                )
                return _show_new(secret, key, as_json)
            case "rotate":
                secret, key = doing.rotate_key(options["key"], grace_s=seconds(options["grace"]) or 0.0)
                return _show_new(secret, key, as_json)
            case "revoke":
                doing.revoke_key(options["key"])
                return said(as_json, {"id": options["key"], "revoked": True}, f"revoked: {options['key']}")
            case "list":
                return _list(wiring, as_json)
            case "principals":
                return _list_principals(wiring, as_json)
            case "set":
                after = doing.set_principal(
                    options["principal"], name=options["name"], teams=options["teams"], roles=options["roles"]
                )
                text = (
                    f"{after.id}: {_many('team', after.teams) or 'no team'}; {_many('role', after.roles) or 'no role'}"
                )
                return said(as_json, asdict(after), text)
            case _:
                after = doing.switch(options["principal"], disabled=command == "disable")
                text = f"{'disabled' if after.disabled else 'enabled'}: {after.id}"
                return said(as_json, asdict(after), text)


def seconds(span: str | None) -> float | None:
    """Return a span of time such as `90d` or `12h` in seconds; None for `never`. Raises InputError."""
    if span is None or span == "never":
        return None
    found = _SPAN.fullmatch(span)
    if found is None or not int(found.group(1)):
        raise InputError(f"{span!r} is no span of time", next_step="write it as 90d, 12h, 30m or never")
    return float(int(found.group(1)) * _SECONDS[found.group(2)])


def _show_new(secret: str, key: ApiKey, as_json: bool) -> int:
    if as_json:
        write_json({"key": secret, **key_shape(key, key.created_at)})
        return FOUND
    screen = Screen()
    screen.line((secret, "title"))
    screen.line((f"for {key.principal}; may {', '.join(key.rights)}; expires {moment(key.expires_at)}", "dim"))
    screen.line("Keep it now: it is not shown again, for only its hash is kept.")
    screen.flush()
    return FOUND


def _list(wiring: Wiring, as_json: bool) -> int:
    now = datetime.now(UTC).timestamp()
    found = wiring.principals.all_keys()
    if as_json:
        write_json({"keys": [key_shape(key, now) for key in found]})
        return FOUND if found else NONE
    screen = Screen()
    screen.table(
        [
            (
                key.id,
                key.principal,
                key_state(key, now),
                ", ".join(key.rights),
                f"used {moment(key.used_at)}",
                key.label,
            )
            for key in found
        ]
    )
    screen.line((counted(len(found), "key"), "dim"))
    return FOUND if found else NONE


def _list_principals(wiring: Wiring, as_json: bool) -> int:
    found = wiring.principals.principals()
    if as_json:
        write_json({"principals": [asdict(one) for one in found]})
        return FOUND if found else NONE
    screen = Screen()
    screen.table(
        [
            (one.id, one.kind, "disabled" if one.disabled else "", _many("team", one.teams), _many("role", one.roles))
            for one in found
        ]
    )
    screen.line((counted(len(found), "principal"), "dim"))
    return FOUND if found else NONE


def _many(noun: str, names: tuple[str, ...]) -> str:
    return f"{noun} {', '.join(names)}" if names else ""
