"""`clew mcp`: the MCP server over standard input and output, for an editor or an agent that starts it."""

from __future__ import annotations

from app.cli.composition import opened
from app.errors import FOUND


def run(store: str | None) -> int:
    """Return 0 when the client closes the stream."""
    from app.mcp.server import create_server  # start-up time

    with opened(store) as wiring:
        create_server(wiring).run("stdio")
    return FOUND
