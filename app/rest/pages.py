"""The web page: the bundle of `web/`, committed at app/static/ui, so that nothing but Python is needed to serve it."""

from __future__ import annotations

import gzip
import os
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

ROOT = "/ui/"
FOLDER = Path(__file__).parents[1] / "static" / "ui"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, nothing inline: an answer that slipped through could still load and run nothing."""
SMALL = 1_000
"""Bytes below which compressing brings nothing."""
_FOR_EVER = "public, max-age=31536000, immutable"


class Pages(StaticFiles):
    """Files with the page's content policy, compressed for who takes that; assets carry a digest in their names and may be kept."""

    def file_response(
        self, full_path: os.PathLike[str] | str, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        accepted = Headers(scope=scope).get("accept-encoding", "")
        if (
            scope["method"] == "GET"
            and response.status_code == 200
            and "gzip" in accepted
            and stat_result.st_size > SMALL
        ):
            content = _compressed(str(full_path), stat_result.st_mtime_ns)
            response = Response(content, media_type=response.media_type, headers={"Content-Encoding": "gzip"})
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = _FOR_EVER if Path(full_path).parent.name == "assets" else "no-cache"
        return response


@lru_cache(maxsize=64)
def _compressed(path: str, _written_ns: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), mtime=0)


def add_pages(app: FastAPI) -> None:
    """Serve the page at `/ui/`; who comes to `/` is sent there."""

    @app.get("/", include_in_schema=False)
    async def home() -> Response:
        return RedirectResponse(ROOT, status_code=307)

    app.mount(ROOT.rstrip("/"), Pages(directory=FOLDER, html=True), name="ui")
