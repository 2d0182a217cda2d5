"""`clew slack`: the Slack door, and who in Slack is which principal."""

from __future__ import annotations

import asyncio
import json
import os
from importlib.util import find_spec
from typing import Any

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.people import user_name
from app.rendering.screen import Screen, counted, said, write_json
from app.rest.listening import bound_socket, check_tls, serve
from app.serving import keep_stops_quiet
from app.slack.identity import SlackUsers
from app.store_files import SLACK_FILE
from app.wiring import Wiring
from configs.errors import ConfigError
from configs.settings import SlackSettings


def run(command: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0 when something was found or done, else 1. Raises ConfigError for what is missing to serve, InputError for bad links."""
    if command == "serve":
        return _serve(as_json, store, **options)
    with opened(store) as wiring:
        users = SlackUsers(wiring.settings.home / SLACK_FILE)
        tell, by = wiring.journal.tell, user_name()
        match command:
            case "link":
                slack_id, principal = options["slack_id"], options["principal"]
                users.link(slack_id, principal, wiring.principals, tell, by)
                shape = {"slack_id": slack_id, "principal": principal}
                return said(as_json, shape, f"{slack_id} is {principal} from now on")
            case "unlink":
                users.unlink(options["slack_id"], tell, by)
                return said(as_json, {"slack_id": options["slack_id"]}, f"unlinked: {options['slack_id']}")
            case _:
                return _list(users.all(), as_json)


def _list(found: dict[str, str], as_json: bool) -> int:
    if as_json:
        write_json({"users": [{"slack_id": one, "principal": principal} for one, principal in found.items()]})
        return FOUND if found else NONE
    screen = Screen()
    screen.table(list(found.items()))
    screen.line((counted(len(found), "person", "people"), "dim"))
    return FOUND if found else NONE


def _serve(as_json: bool, store: str | None, *, socket: bool, host: str | None, port: int | None) -> int:
    with opened(store, {"slack": {"host": host, "port": port}}) as wiring:
        settings = wiring.settings.slack
        check(settings, socket=socket)
        from app.slack.deliveries import Deliveries
        from app.slack.door import Door  # below: the extra, and start-up time
        from app.slack.handlers import Handlers, bolt_app
        from app.slack.serving import PATH, http_app, over_socket

        gate = wiring.strict_gate()
        handlers = Handlers(Door(wiring, gate, SlackUsers(wiring.settings.home / SLACK_FILE)), settings, Deliveries())
        if socket:
            bolt = bolt_app(settings, handlers)
            announce = lambda: _announce(wiring, as_json, "socket mode")  # noqa: E731
            asyncio.run(over_socket(wiring, bolt, handlers, settings.app_token.get_secret_value(), announce))
            return FOUND
        check_tls(wiring.settings.serve)
        with bound_socket(settings.host, settings.port, callers_known=True) as listening:
            address, taken = listening.getsockname()[:2]
            scheme = "https" if wiring.settings.serve.tls_cert else "http"
            url = f"{scheme}://{f'[{address}]' if ':' in address else address}:{taken}{PATH}"
            app = http_app(wiring, bolt_app(settings, handlers), handlers)
            keep_stops_quiet()
            serve(app, listening, wiring.settings.serve, lambda: _announce(wiring, as_json, url))
    return FOUND


def check(settings: SlackSettings, *, socket: bool) -> None:
    """Raises ConfigError, saying what to install or to set, where Slack could not be served."""
    if find_spec("slack_bolt") is None or find_spec("aiohttp") is None:
        raise ConfigError(
            "the Slack door needs slack-bolt, which is not installed", next_step="pip install 'clew[slack]'"
        )
    needed = ("bot_token", "app_token") if socket else ("bot_token", "signing_secret")
    for name in needed:
        if not getattr(settings, name).get_secret_value():
            raise ConfigError(
                f"slack.{name} is not set",
                next_step=f"set CLEW_SLACK__{name.upper()} in the environment (docs/slack.md)",
            )


def _announce(wiring: Wiring, as_json: bool, where: str) -> None:
    if as_json:  # one line: who starts the server waits for it
        print(json.dumps({"url": where, "pid": os.getpid(), "home": str(wiring.settings.home)}), flush=True)
        return
    screen = Screen()
    screen.line("Clew answers Slack: ", (where, "path"), "; Ctrl-C stops it")
    screen.flush()
