"""`clew keys` and `clew principals`: who may ask this store's server, and with which keys. A key is shown once, when it is made."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from app.cli.composition import opened
from app.cli.screen import Screen, counted, write_json
from app.errors import FOUND, NONE
from app.people import user_name
from app.wiring import Wiring
from configs.errors import InputError
from knowledge.principals import RIGHTS, ApiKey, Kind, Principal, Right
from ops.ledger.events import KeyChanged, PolicyChanged

_NAME = re.compile(r"\w[\w.@+\-]{0,99}")
"""Of principals of our own: no colon, so that nobody of an identity provider (`oidc:...`) is called so."""
_OF_PROVIDER = re.compile(r"oidc:[^\s\x00-\x1f]{1,255}")
_SPAN = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
DEFAULT_RIGHTS: tuple[Right, ...] = ("ask", "read")


def run(command: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0 when something was found or done, else 1. Raises InputError for a key or principal that is not there."""
    with opened(store) as wiring:
        match command:
            case "create":
                return _create(wiring, as_json, options)
            case "rotate":
                secret, key = wiring.keys.rotate(options["key"], grace_s=seconds(options["grace"]) or 0.0)
                _tell_of_key(wiring, key, f"rotated from {options['key']}")
                return _show_new(secret, key, as_json)
            case "revoke":
                wiring.keys.revoke(options["key"])
                if (found := wiring.principals.key(options["key"])) is not None:
                    _tell_of_key(wiring, found[0], "revoked")
                return _said(as_json, {"id": options["key"], "revoked": True}, f"revoked: {options['key']}")
            case "list":
                return _list(wiring, as_json)
            case "principals":
                return _list_principals(wiring, as_json)
            case "set":
                return _set(wiring, as_json, options)
            case _:
                return _switch(wiring, as_json, options["principal"], disabled=command == "disable")


def seconds(span: str | None) -> float | None:
    """Return a span of time such as `90d` or `12h` in seconds; None for `never`. Raises InputError."""
    if span is None or span == "never":
        return None
    found = _SPAN.fullmatch(span)
    if found is None or not int(found.group(1)):
        raise InputError(f"{span!r} is no span of time", next_step="write it as 90d, 12h, 30m or never")
    return float(int(found.group(1)) * _SECONDS[found.group(2)])


def known_principal(wiring: Wiring, identity: str) -> Principal:
    """Raises InputError for one that is not kept."""
    principal = wiring.principals.principal(identity)
    if principal is None:
        raise InputError(f"there is no principal {identity!r}", next_step="see `clew principals list`")
    return principal


def _create(wiring: Wiring, as_json: bool, options: dict[str, Any]) -> int:
    identity = options["principal"]
    if not _NAME.fullmatch(identity):
        raise InputError(
            f"{identity!r} cannot name a principal", next_step="use letters, digits and . _ @ + -, at most 100"
        )
    lifetime_s = seconds(options["expires"])
    principal = wiring.principals.principal(identity)
    if principal is None:
        kind: Kind = "service" if options["service"] else "user"
        principal = Principal(identity, identity, kind)
    elif principal.disabled:
        raise InputError(f"the principal {identity!r} is disabled", next_step=f"clew principals enable {identity}")
    wider = replace(
        principal,
        teams=tuple(sorted({*principal.teams, *options["teams"]})),
        roles=tuple(sorted({*principal.roles, *options["roles"]})),
    )
    _keep(wiring, principal, wider, "set")
    rights = tuple(right for right in RIGHTS if right in (options["rights"] or DEFAULT_RIGHTS))
    secret, key = wiring.keys.create(wider, label=options["label"], rights=rights, lifetime_s=lifetime_s)
    _tell_of_key(wiring, key, "created")
    return _show_new(secret, key, as_json)


def _tell_of_key(wiring: Wiring, key: ApiKey, change: str) -> None:
    """Tell the Ledger what happened to a key, and who did it."""
    event = KeyChanged(
        user=user_name(),
        key=key.id,
        change=change,
        scopes=key.rights,
        expires_at=key.expires_at,
        principal=key.principal,
    )
    wiring.journal.tell(event)


def _keep(wiring: Wiring, before: Principal, after: Principal, change: str) -> None:
    """Keep a principal, and tell the Ledger what about it is another than before, if anything is."""
    wiring.principals.put_principal(after)
    said = [sha256(repr((one.teams, one.roles, one.disabled)).encode()).hexdigest() for one in (before, after)]
    if said[0] != said[1]:
        wiring.journal.tell(
            PolicyChanged(
                user=user_name(), policy="principal", change=change, before=said[0], after=said[1], principal=after.id
            )
        )


def _show_new(secret: str, key: ApiKey, as_json: bool) -> int:
    if as_json:
        write_json({"key": secret, **_shape(key, key.created_at)})
        return FOUND
    screen = Screen()
    screen.line((secret, "title"))
    screen.line((f"for {key.principal}; may {', '.join(key.rights)}; expires {_when(key.expires_at)}", "dim"))
    screen.line("Keep it now: it is not shown again, for only its hash is kept.")
    screen.flush()
    return FOUND


def _list(wiring: Wiring, as_json: bool) -> int:
    now = datetime.now(UTC).timestamp()
    found = wiring.principals.all_keys()
    if as_json:
        write_json({"keys": [_shape(key, now) for key in found]})
        return FOUND if found else NONE
    screen = Screen()
    screen.table(
        [
            (key.id, key.principal, _state(key, now), ", ".join(key.rights), f"used {_when(key.used_at)}", key.label)
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


def _set(wiring: Wiring, as_json: bool, options: dict[str, Any]) -> int:
    identity = options["principal"]
    if not _NAME.fullmatch(identity) and not _OF_PROVIDER.fullmatch(identity):
        raise InputError(f"{identity!r} cannot name a principal", next_step="a name, or oidc:SUBJECT")
    before = wiring.principals.principal(identity) or Principal(identity, identity)
    after = replace(
        before,
        name=options["name"] or before.name,
        teams=before.teams if options["teams"] is None else options["teams"],
        roles=before.roles if options["roles"] is None else options["roles"],
    )
    _keep(wiring, before, after, "set")
    said = f"{identity}: {_many('team', after.teams) or 'no team'}; {_many('role', after.roles) or 'no role'}"
    return _said(as_json, asdict(after), said)


def _switch(wiring: Wiring, as_json: bool, identity: str, *, disabled: bool) -> int:
    known = wiring.principals.principal(identity)
    if known is None and not _OF_PROVIDER.fullmatch(identity):
        known = known_principal(wiring, identity)
    before = known or Principal(identity, identity)
    principal = replace(before, disabled=disabled)
    _keep(wiring, before, principal, "disabled" if disabled else "enabled")
    return _said(as_json, asdict(principal), f"{'disabled' if disabled else 'enabled'}: {identity}")


def _said(as_json: bool, body: dict[str, Any], text: str) -> int:
    if as_json:
        write_json(body)
    else:
        screen = Screen()
        screen.line(text)
        screen.flush()
    return FOUND


def _shape(key: ApiKey, now: float) -> dict[str, Any]:
    shape = {name: value for name, value in asdict(key).items() if name != "digest"}
    return {**shape, "rights": list(key.rights), "state": _state(key, now)}


def _state(key: ApiKey, now: float) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "live" if key.is_live(now) else "expired"


def _when(at: float | None) -> str:
    return "never" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _many(noun: str, names: tuple[str, ...]) -> str:
    return f"{noun} {', '.join(names)}" if names else ""
