"""A POST under `/api/` that comes again with its `Idempotency-Key` gets the reply that it got, and does nothing twice.

Kept in the memory of this process, so many replies and so many bytes, for a day: what a client needs whose connection broke before the reply
arrived. Where several processes serve, also in what they share: the one that the repetition reaches waits for the one that was first. Replies that say that something may work later, and faults, are not kept. A streamed answer is not kept either, but read on.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.rest.problems import API, refusal
from app.sharing import Sharing

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
STREAM_ID = "X-Clew-Stream-Id"
"""Of a streamed answer: what it can be read on by."""
KEPT = 1_000
KEPT_BYTES = 16_000_000
KEPT_S = 86_400.0
SHARED_BYTES = 1_000_000
"""Larger replies are known to their own process only."""
LOOKED_EVERY_S = 0.05
"""How often to see whether another process has its reply."""
NEVER = "no-store"
"""What a route says of a reply that holds a secret, such as a new API key."""
LASTING = frozenset(range(200, 500)) - {401, 408, 409, 425, 429, 499}
"""Statuses of replies that would be the same again."""

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(eq=False, slots=True)
class Reply:
    """asked: what the request said. decided: it is known who makes it. messages: the reply, once it is whole; stream_id: of a streamed answer instead."""

    asked: bytes
    began: float
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    messages: list[Message] = field(default_factory=list)
    size: int = 0
    stream_id: str = ""


class Shared(msgspec.Struct, array_like=True):
    """A reply as processes share it. ready: whether it is there yet; messages: (status, headers, body) of each."""

    asked: bytes
    ready: bool = False
    stream_id: str = ""
    messages: list[tuple[int, list[tuple[bytes, bytes]], bytes]] = []


class Repeats:
    """ASGI middleware. Stands behind the guard, which has read the body and knows that it is not too large."""

    def __init__(
        self, app: ASGIApp, clock: Callable[[], float] = time.monotonic, sharing: Sharing | None = None
    ) -> None:
        self._app = app
        self._clock = clock
        self._sharing = sharing
        self._replies: OrderedDict[bytes, Reply] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key_of(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        if not _KEY.fullmatch(key):
            said = f"the {HEADER} must be 1 to 200 printable characters without spaces"
            await refusal(400, "bad_idempotency_key", said, "send a random one, such as a UUID")(scope, receive, send)
            return
        first = await receive()
        asked = hashlib.sha256(scope.get("query_string", b"") + b"\0" + first.get("body", b"")).digest()
        name = _name_of(scope, key)
        known = await self._known(name, asked)
        if known is None:
            await self._answered(name, asked, scope, _after(first, receive), send)
        elif known.asked != asked:
            said = f"the {HEADER} came before with another request"
            await refusal(422, "idempotency_mismatch", said, "send a new key with a new request")(scope, receive, send)
        elif known.stream_id:
            await self._app(_reading_on(scope, known.stream_id), receive, send)
        else:
            for message in known.messages:
                await send(message)

    async def _known(self, name: bytes, asked: bytes) -> Reply | None:
        """Return the reply that there was, waiting for one that is under way; None when there is none, and this request shall make it."""
        self._forget_old()
        while (known := self._replies.get(name)) is not None:
            if not known.decided.is_set():
                await known.decided.wait()
            elif known.asked != asked or known.ready.is_set():
                return known
            else:
                await known.ready.wait()
        reply = self._replies[name] = Reply(asked, self._clock())
        if self._sharing is None:
            reply.decided.set()
            return None
        try:
            found = await _elsewhere(self._sharing, name, asked)
        except BaseException:
            self._settled(name, reply)
            raise
        if found is None:
            reply.decided.set()
            return None
        reply.asked, reply.stream_id, reply.messages = found.asked, found.stream_id, _unpacked(found)
        reply.size = sum(len(message.get("body", b"")) for message in reply.messages)
        self._settled(name, reply)
        return reply

    def _settled(self, name: bytes, reply: Reply) -> None:
        """Let go who waits for a reply; one that says nothing is forgotten."""
        if not reply.stream_id and not reply.messages:
            self._replies.pop(name, None)
        reply.decided.set()
        reply.ready.set()

    async def _answered(self, name: bytes, asked: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        reply = self._replies[name]
        assert reply.asked == asked
        kept, lasts = [], False

        async def noted(message: Message) -> None:
            nonlocal lasts
            if message["type"] == "http.response.start":
                headers = Headers(raw=message["headers"])
                lasts = message["status"] in LASTING and headers.get("cache-control") != NEVER
                if STREAM_ID in headers:
                    reply.stream_id = headers[STREAM_ID]
                    reply.ready.set()
                    await self._share(name, reply)
                kept.append(_marked(message))
            elif not reply.stream_id:
                kept.append(message)
            await send(message)

        try:
            await self._app(scope, receive, noted)
            whole = bool(kept) and not kept[-1].get("more_body", False)
            if lasts and whole and not reply.stream_id:
                reply.messages = kept
                reply.size = sum(len(message.get("body", b"")) for message in kept)
        finally:
            self._settled(name, reply)
            if not reply.stream_id:
                await self._share(name, reply)

    async def _share(self, name: bytes, reply: Reply) -> None:
        """Tell other processes what became of a request."""
        if self._sharing is None:
            return
        if reply.stream_id or (reply.messages and reply.size <= SHARED_BYTES):
            await self._sharing.settle(_shared_name(name), _packed(reply), KEPT_S)
        else:
            await self._sharing.release(_shared_name(name))

    def _forget_old(self) -> None:
        horizon = self._clock() - KEPT_S
        size = sum(reply.size for reply in self._replies.values())
        for name, reply in list(self._replies.items()):
            if not (reply.began < horizon or len(self._replies) > KEPT or size > KEPT_BYTES):
                break
            if reply.ready.is_set():
                size -= reply.size
                del self._replies[name]


async def _elsewhere(sharing: Sharing, name: bytes, asked: bytes) -> Shared | None:
    """Return the reply that another process made, waiting for one under way; None when this process shall make it."""
    beginning = msgspec.msgpack.encode(Shared(asked))
    while True:
        held = await sharing.claim(_shared_name(name), beginning)
        if held is None:
            return None
        found = msgspec.msgpack.decode(held, type=Shared)
        if found.ready or found.asked != asked:
            return found
        await asyncio.sleep(LOOKED_EVERY_S)


def _shared_name(name: bytes) -> str:
    return f"reply:{name.hex()}"


def _packed(reply: Reply) -> bytes:
    messages = [(one.get("status", 0), list(one.get("headers", ())), one.get("body", b"")) for one in reply.messages]
    return msgspec.msgpack.encode(Shared(reply.asked, True, reply.stream_id, messages))


def _unpacked(found: Shared) -> list[Message]:
    """Return the messages of a reply: its beginning, then its body."""
    told: list[Message] = []
    for number, (status, headers, body) in enumerate(found.messages):
        if number == 0:
            told.append({"type": "http.response.start", "status": status, "headers": headers})
        else:
            more = number < len(found.messages) - 1
            told.append({"type": "http.response.body", "body": body, "more_body": more})
    return told


def _key_of(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(API):
        return None
    return Headers(scope=scope).get(HEADER)


def _name_of(scope: Scope, key: str) -> bytes:
    """Return what a reply is kept by: who asked (by what shows it), where, and the key."""
    shown = Headers(scope=scope).get("authorization", "")
    return hashlib.sha256("\0".join((shown, scope["path"], key)).encode("utf-8", "surrogateescape")).digest()


def _after(first: Message, receive: Receive) -> Receive:
    pending = [first]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _marked(message: Message) -> Message:
    """Return the beginning of a reply as it is sent again; what belongs to one request only is left out."""
    marked = {**message, "headers": list(message["headers"])}
    headers = MutableHeaders(scope=marked)
    headers[REPLAYED] = "true"
    del headers["x-request-id"]
    return marked


def _reading_on(scope: Scope, stream_id: str) -> Scope:
    path = f"{API}v1/chat/{stream_id}/events"
    return {**scope, "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
