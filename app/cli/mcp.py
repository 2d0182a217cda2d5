"""`clew mcp`: the MCP server over standard input and output, for an editor or an agent that starts it."""

from __future__ import annotations

from app.cli.composition import opened
from app.cli.pipes import is_reader_gone, leaves_of
from app.errors import FOUND


def run(store: str | None) -> int:
    """Return 0 when the client closes a stream, or goes away."""
    from app.mcp.server import create_server  # start-up time

    with opened(store) as wiring:
        try:
            create_server(wiring).run("stdio")
        except* OSError as errors:
            if any(not is_reader_gone(error) for error in leaves_of(errors)):
                raise
    return FOUND
