"""`clew webhooks`: addresses where git hosts tell of pushes. A secret is shown once, when it is made."""

from __future__ import annotations

from typing import Any

from app.cli.composition import opened
from app.cli.keys import seconds
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, counted, moment, said, write_json
from app.shapes.sources import webhook_shape
from app.wiring import Wiring
from knowledge.sources import Webhook


def run(command: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0 when something was found or done, else 1. Raises UnknownSource, InputError."""
    with opened(store) as wiring:
        hooks = wiring.connections.webhooks
        match command:
            case "add":
                source = wiring.connections.sources.get(options["name"])
                return _show_new(wiring, as_json, *hooks.add(source, options["provider"]))
            case "rotate":
                return _show_new(wiring, as_json, *hooks.rotate(options["webhook"], seconds(options["grace"]) or 0.0))
            case "remove":
                hooks.remove(options["webhook"])
                return said(as_json, {"id": options["webhook"], "removed": True}, f"removed: {options['webhook']}")
        found = [(one, webhook_shape(one, hooks.repository_of(one))) for one in hooks.all()]
        if as_json:
            write_json({"webhooks": [shape for _, shape in found]})
            return FOUND if found else NONE
        screen = Screen()
        screen.table(
            [
                ((shape["repository"], "title"), one.provider, (shape["path"], "path"), f"heard {moment(one.heard_at)}")
                for one, shape in found
            ]
        )
        screen.line((counted(len(found), "webhook"), "dim"))
        return FOUND if found else NONE


def _show_new(wiring: Wiring, as_json: bool, secret: str, webhook: Webhook) -> int:
    shape = webhook_shape(webhook, wiring.connections.webhooks.repository_of(webhook))
    if as_json:
        write_json({**shape, "secret": secret})
        return FOUND
    screen = Screen()
    screen.line("address: ", (shape["path"], "path"), ", behind that of `clew serve`")
    screen.line("secret:  ", (secret, "title"))
    screen.line("Give both to the git host now: the secret is not shown again. docs/index-service.md says where.")
    screen.flush()
    return FOUND
