"""Reads what programs print when they fail: Python, JavaScript, Java, Go, Rust, C and C++. Text only, no index.

Sources: Python's `traceback`, V8's stack traces, `Throwable.printStackTrace`, Go's panics, Rust's panic handler with
`RUST_BACKTRACE`, gdb's `backtrace` and the sanitizers' reports. Of several errors that are chained, the one printed last counts:
Java's root cause, Python's error that surfaced. Frames are told innermost first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

MAX_CHARACTERS = 200_000
MAX_FRAMES = 200
MAX_LINE_CHARACTERS = 2_000
"""A longer line is no part of a stack."""

_UNNAMED = re.compile(r"^(?:<.*>|\{\{?closure.*|\d+)$")
_PARTS = re.compile(r"::|[.#$]")
_GENERIC = re.compile(r"<(?!lambda>|module>|anonymous>|locals>)[^<>]*>")


@dataclass(frozen=True, slots=True)
class Frame:
    """One call. `names`: its function with what it stands in, outermost first (`Order`, `total`); empty where it has no name.

    line 0: not told.
    """

    path: str
    line: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Traceback:
    """exception: the kind of the error as its language names it. frames: innermost first."""

    language: str
    exception: str
    message: str
    frames: tuple[Frame, ...]


def parse_traceback(text: str) -> Traceback | None:
    """Return the error that `text` holds, None when there is none. Never raises; reads at most MAX_CHARACTERS, the last ones."""
    lines = [line if len(line) <= MAX_LINE_CHARACTERS else "" for line in text[-MAX_CHARACTERS:].splitlines()]
    for reader in (_python, _go, _rust, _java, _c_family, _javascript):
        found = reader(lines)
        if found is not None and found.frames:
            return found
    return None


_PYTHON_FRAME = re.compile(r'^[\s|>]*File "([^"\n]{1,500})", line (\d{1,9})(?:, in ([^\n]{1,200}))?\s*$')
_PYTHON_ERROR = re.compile(r"^[|>\s]*((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: ?(.*))?$")
_PYTHON_BREAK = re.compile(r"^(?:[\s|>+-]*Traceback \(|During handling of|The above exception)")


def _python(lines: list[str]) -> Traceback | None:
    frames: list[Frame] = []
    ended: Traceback | None = None
    indent = 0
    for line in lines:
        match = _PYTHON_FRAME.match(line)
        if match:
            if ended is not None:
                frames, ended = [], None
            indent = len(line) - len(line.lstrip("|> \t"))
            frames.append(Frame(match[1], int(match[2]), _names(match[3] or "")))
        elif _PYTHON_BREAK.match(line):
            frames = [] if ended is None else frames
        elif frames and ended is None and line.strip("|> \t") and _indent(line) < max(indent, 1):
            error = _PYTHON_ERROR.match(line)
            if error:
                ended = Traceback("python", error[1], (error[2] or "").strip(), tuple(frames[::-1][:MAX_FRAMES]))
    return ended


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip("|> \t"))


_GO_HEAD = re.compile(r"^\s*(?:panic: |fatal error: )(.+)$")
_GO_CALL = re.compile(r"^\s*([\w./~%-]+\.[^\s]*)\([^()]*(?:\.\.\.)?\)\s*$")
_GO_PLACE = re.compile(r"^\s+(\S.*\.go):(\d+)(?: \+0x[0-9a-f]+)?\s*$")
_GO_CLOSURE = re.compile(r"^func\d+$|^gowrap\d+$")
_GO_DETAIL = re.compile(r" ?\[(?!recovered)[^\]]*\].*$")


def _go(lines: list[str]) -> Traceback | None:
    if not any(line.lstrip().startswith("goroutine ") for line in lines):
        return None
    head = next((match for line in reversed(lines) if (match := _GO_HEAD.match(line))), None)
    frames: list[Frame] = []
    started = False
    for before, line in pairwise(lines):
        if before.lstrip().startswith("goroutine "):
            if started and frames:
                break  # the goroutine that failed is printed first
            started = True
        place = _GO_PLACE.match(line)
        call = _GO_CALL.match(before) if place else None
        if place and call:
            names = call[1].rpartition("/")[2].partition(".")[2].replace("(*", "").replace(")", "").replace("(", "")
            frames.append(Frame(place[1], int(place[2]), tuple(n for n in _names(names) if not _GO_CLOSURE.match(n))))
    said = head[1].strip() if head else ""
    kind = _GO_DETAIL.sub("", said) if said.startswith("runtime error") else "panic"
    return Traceback("go", kind, said, tuple(frames[:MAX_FRAMES]))


_RUST_HEAD = re.compile(r"^\s*thread '[^']*'(?: \(\d+\))? panicked at (.+)$")
_RUST_PLACE = re.compile(r"^(.+\.rs):(\d+)(?::\d+)?:?$")
_RUST_OLD = re.compile(r"^'(.*)', (.+\.rs):(\d+)(?::\d+)?$")
_RUST_CALL = re.compile(r"^\s*\d+:\s+(?:0x[0-9a-f]+ - )?(.+?)\s*$")
_RUST_AT = re.compile(r"^\s+at (.+\.rs):(\d+)(?::\d+)?\s*$")
_RUST_IMPL = re.compile(r"^<(.+?) as .+>(?=::\w+)")
_RUST_HASH = re.compile(r"::h[0-9a-f]{16}$")


def _rust(lines: list[str]) -> Traceback | None:
    heads = [(at, match) for at, line in enumerate(lines) if (match := _RUST_HEAD.match(line))]
    if not heads:
        return None
    at, head = heads[-1]
    old, place = _RUST_OLD.match(head[1]), _RUST_PLACE.match(head[1])
    message = old[1] if old else lines[at + 1].strip() if place and at + 1 < len(lines) else ""
    frames: list[Frame] = []
    for before, line in pairwise(lines[at:]):
        call, where = _RUST_CALL.match(before), _RUST_AT.match(line)
        if call and where:
            named = _RUST_IMPL.sub(r"\1", _RUST_HASH.sub("", call[1]))
            frames.append(Frame(where[1], int(where[2]), _names(named)))
    if not frames and (old or place):
        where = (old[2], old[3]) if old else (place[1], place[2])  # type: ignore[index,assignment]
        frames.append(Frame(where[0], int(where[1]), ()))  # type: ignore[index]
    return Traceback("rust", "panic", message, tuple(frames[:MAX_FRAMES]))


_JAVA_FRAME = re.compile(
    r"^\s*at (?:[\w.@-]*/){0,2}((?:[\w$]+\.)+[\w$<>]+)\(([\w$-]+\.(?:java|kt|scala|groovy))(?::(\d+))?\)"
)
_JAVA_HEAD = re.compile(
    r'^\s*(?:Exception in thread "[^"]*" |Caused by: )?((?:[A-Za-z_$][\w$]*\.)+[A-Z_$][\w$]*)(?:: (.*))?$'
)


_JAVA_MORE = re.compile(r"^\s*\.\.\. ([1-9]\d{0,3}) (?:more|common frames omitted)\s*$")


def _java(lines: list[str]) -> Traceback | None:
    found: Traceback | None = None
    head: re.Match[str] | None = None
    frames: list[Frame] = []

    def closed() -> Traceback | None:
        if head is None or not frames:
            return found
        return Traceback("java", head[1], (head[2] or "").strip(), tuple(frames[:MAX_FRAMES]))

    for line in lines:
        left_out = _JAVA_MORE.match(line)
        if left_out and found is not None:  # the last ones of the error around this one, told once
            frames += found.frames[-int(left_out[1]) :]
            continue
        frame = _JAVA_FRAME.match(line)
        if frame:
            owner, _, method = frame[1].rpartition(".")
            package, _, kind = owner.rpartition(".")
            name = kind if method in ("<init>", "<clinit>") else re.sub(r"^lambda\$(\w+)\$\d+$", r"\1", method)
            path = "/".join([*package.split("."), frame[2]]) if package else frame[2]
            inner = kind.split("$")
            frames.append(
                Frame(
                    path, int(frame[3] or 0), _names("$".join([*inner, name] if name != kind else [*inner, inner[-1]]))
                )
            )
            continue
        candidate = _JAVA_HEAD.match(line)
        if candidate:
            found, head, frames = closed(), candidate, []
    return closed()


_C_FRAME = re.compile(
    r"^\s*#\d+\s+(?:0x[0-9a-fA-F]+ (?:in )?)?(.+?)\s+(?:at )?((?:[\w.~+@-]|/|\\|[A-Za-z]:)*[\w+-]\.\w{1,4}):(\d+)(?::\d+)?\s*$"
)
_C_FIRST = re.compile(r"^\s*#0\b")
_C_SANITIZER = re.compile(r"\bERROR: (\w*Sanitizer: [\w-]+)(.*)$")
_C_SIGNAL = re.compile(r"\b(?:received signal|terminated with signal) (SIG\w+|\d+)(?:, (.*?))?\.?$")
_C_THROWN = re.compile(r"terminate called after throwing an instance of '([^']+)'")
_C_WHAT = re.compile(r"^\s*what\(\):\s*(.*)$")


def _c_family(lines: list[str]) -> Traceback | None:
    frames: list[Frame] = []
    for line in lines:
        match = _C_FRAME.match(line)
        if match and bool(frames) == bool(_C_FIRST.match(line)):
            break  # a second stack: where memory was freed or allocated, another thread; or none that begins
        if match:
            frames.append(Frame(match[2], int(match[3]), _names(_without_arguments(match[1]))))
    if not frames:
        return None
    kind, message = "crash", ""
    for line in lines:
        sanitizer, signal, thrown = _C_SANITIZER.search(line), _C_SIGNAL.search(line), _C_THROWN.search(line)
        if thrown:
            kind = thrown[1]
        elif sanitizer and kind == "crash":
            kind, message = sanitizer[1], sanitizer[2].strip()
        elif signal and kind == "crash":
            kind, message = signal[1], signal[2] or ""
        if what := _C_WHAT.match(line):
            message = what[1]
    return Traceback("c", kind, message, tuple(frames[:MAX_FRAMES]))


def _without_arguments(call: str) -> str:
    """Return `ns::Order::total` of `ns::Order::total(int, char const*) const` or of `total (o=0x0)`."""
    call = call.replace("(anonymous namespace)::", "")
    name = call.partition("(")[0].strip()
    return name.rpartition(" ")[2] if "operator" not in name else name.replace(" ", "")


_SCRIPT_FRAME = re.compile(
    r"^\s*at (?:async )?(?:(.{1,300}?) \()?((?:[a-z-]+://)?/?[^()\s][^()\n]{0,500}?):(\d+):(\d+)\)?\s*$"
)
_SCRIPT_HEAD = re.compile(
    r"^\s*(?:\[cause\]: |Uncaught )?(?:\(in promise\) )?((?:[A-Za-z_$][\w$]*\.)*[A-Z][\w$]*)(?: \[[\w]+\])?(?:: (.*))?$"
)
_ALIAS = re.compile(r" \[as [^\]]*\]$")
_HOST = re.compile(r"^(?:file://|[a-z-]+://[^/]*)")


def _javascript(lines: list[str]) -> Traceback | None:
    head: re.Match[str] | None = None
    candidate: re.Match[str] | None = None
    frames: list[Frame] = []
    for line in lines:
        match = _SCRIPT_FRAME.match(line)
        if match is None:
            said = _SCRIPT_HEAD.match(line)
            if said is not None and (candidate is None or said[1].endswith(("Error", "Exception"))):
                candidate = said
            continue
        if candidate is not None:
            if frames:
                frames = []
            head, candidate = candidate, None
        called = _ALIAS.sub("", match[1] or "").removeprefix("new ").removeprefix("async ").removeprefix("Object.")
        frames.append(Frame(_HOST.sub("", match[2]), int(match[3]), _names(called)))
    if head is None:
        return None
    return Traceback("javascript", head[1], (head[2] or "").strip(), tuple(frames[:MAX_FRAMES]))


def _names(called: str) -> tuple[str, ...]:
    """Return a function's name and what it stands in, without what has no name of its own: a closure is its function's."""
    while (plain := _GENERIC.sub("", called)) != called:
        called = plain
    parts = [part.strip("()*[]& ") for part in _PARTS.split(called)]
    return tuple(part for part in parts if part and not _UNNAMED.match(part))
