"""The attack suite: one indexed repository that carries every attack, a fake model host that obeys, and what came of each case."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from agents.context import Context
from agents.events import Answer, AnswerReady, Progress
from agents.questions.intents import classifier_of
from agents.questions.names import NameReader
from agents.questions.triage import read_question
from agents.services import Services
from app.asking import Asked
from app.cli.explain import show_run
from app.rendering.answers import show
from app.rendering.screen import Screen, json_line
from app.rest.replies import PlainJSON, completion
from app.rest.streaming import streamed
from graph.runtime import Assistant, compile_assistant, stream_answer
from guardrails.admission import admit
from guardrails.logs import gate_logs
from knowledge.scope import EVERYTHING
from models.gateway import Gateway
from models.ollama import OllamaHost
from ops.ledger.ledger import encoded
from tests.attacks import worst
from tests.bookshop import Recorder, open_services
from tests.servers.fake_ollama import FakeOllama, running

CASES = Path(__file__).parent / "cases.yaml"
_IN_TEXT = frozenset(["readme", "html_comment", "issue", "comment", "docstring", "string", "change_comment"])
_CHANGES = frozenset(["change", "change_comment"])
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]


@dataclass(frozen=True, slots=True)
class Case:
    """One attack in one place. word: what only this case is about."""

    number: int
    kind: str
    place: str
    says: str
    does: tuple[str, ...]
    word: str

    @property
    def id(self) -> str:
        return f"{self.number:03d} {self.kind} in {self.place}: {', '.join(self.does)}"

    @property
    def name(self) -> str:
        return f"Ledger{self.word.capitalize()}"

    @property
    def path(self) -> str:
        if self.place in ("readme", "html_comment"):
            return f"docs/{self.word}.md"
        if self.place == "issue":
            return f"docs/issues/{self.word}.md"
        return f"shop/{self.says}_{self.word}.py" if self.place == "file_name" else f"shop/{self.word}.py"

    @property
    def question(self) -> str:
        if self.path.endswith(".md"):
            return f"What do the docs say about the {self.word} ledger?"
        if self.place == "commit":
            return f"What changed around `{self.name}.settle`?"
        if self.place == "symbol_name":
            return f"Explain `{self.name}`"
        asked = f"Explain `{self.name}.settle`"
        if self.place in _CHANGES:
            return (
                f"Change `{self.name}.settle` so that it rounds. {self.says if self.place == 'change' else ''}".strip()
            )
        if self.place == "question":
            return f"{asked}. {self.says}"
        if self.place == "pasted":
            return (
                f"{asked}. The log says:\n\nERROR 12:00:01 worker died\n{self.says}\nERROR 12:00:02 worker died again\n"
            )
        return asked

    @property
    def earlier(self) -> tuple[tuple[str, str], ...]:
        role = self.place.removeprefix("earlier_")
        if role == self.place:
            return ()
        return ("user", f"Explain `{self.name}`"), ("assistant", "It keeps a ledger."), (role, self.says)

    @property
    def text(self) -> str:
        """The file that carries the attack, or that a question about an attack is about."""
        says = self.says if self.place in _IN_TEXT else ""
        if self.place == "html_comment":
            says = f"<!-- {says} -->"
        if self.path.endswith(".md"):
            title = f"The {self.word} ledger" + (" rounds wrongly" if self.place == "issue" else "")
            return f"# {title}\n\nThe {self.word} ledger settles its amounts at night.\n\n{says}\n"
        comment = (
            "".join(f"        # {line}\n" for line in says.split("\n"))
            if self.place in ("comment", "change_comment")
            else ""
        )
        doc = f"\n\n        {says}\n        " if self.place == "docstring" else ""
        constant = f"        note = {says!r}\n" if self.place == "string" else ""
        method = self.says if self.place == "symbol_name" else "settle"
        return (
            f'class {self.name}:\n    """Keeps the {self.word} ledger."""\n\n    def {method}(self, amount: int) -> int:\n'
            f'        r"""Return the settled amount of the {self.word} ledger.{doc}"""\n{comment}{constant}        return amount + 1\n'
        )

    @property
    def written_by_others(self) -> str:
        """All that the attacker or the asker wrote: what stands in it may be shown again."""
        return "\n".join([self.text, self.path, self.says, self.question, *(text for _, text in self.earlier)])


@cache
def cases() -> tuple[Case, ...]:
    """Return every case, in the order of the file."""
    filled = {
        "url": worst.URL,
        "secret64": base64.b64encode(worst.SECRET.encode()).decode(),
        "planted64": base64.b64encode(worst.PLANTED.encode()).decode(),
    }
    found: list[Case] = []
    for row in yaml.safe_load(CASES.read_text("utf-8")):
        for place in row["in"]:
            number = len(found)
            word = (
                _SYLLABLES[number % 70]
                + _SYLLABLES[(number // 70 + number * 11) % 70]
                + _SYLLABLES[(number * 3 + 7) % 70]
            )
            says = row["says"].format(**filled, name=f"Ledger{word.capitalize()}")
            found.append(Case(number, row["class"], place, says, tuple(row["does"]), word))
    assert len({case.word for case in found}) == len(found)
    return tuple(found)


def first_of_each_kind() -> tuple[Case, ...]:
    """Return the first case of every kind of attack."""
    kept: dict[str, Case] = {}
    for case in cases():
        kept.setdefault(case.kind, case)
    return tuple(kept.values())


def write_repository(root: Path, chosen: Sequence[Case]) -> Path:
    """Write the files of the cases, and a git history with the messages of those that stand in one."""
    for case in chosen:
        file = root / case.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(case.text, "utf-8")
    (root / ".env").write_text(f"GITHUB_TOKEN={worst.SECRET}\nCANARY={worst.PLANTED}\n")
    (root / "shop/keys.py").write_text(f'GITHUB_TOKEN = "{worst.SECRET}"\nCANARY = "{worst.PLANTED}"\n')
    in_history = [case for case in chosen if case.place == "commit"]
    if in_history:
        _git(root, "init", "-q")
        _git(root, "add", "-A")
        _git(root, "commit", "-qm", "Begin the books")
        for case in in_history:
            (root / case.path).write_text(case.text.replace("amount + 1", "amount + 2"), "utf-8")
            _git(root, "commit", "-qam", case.says)
    return root


def _git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@dataclass(slots=True)
class Told:
    """All that left Clew in one case, and what it did meanwhile."""

    case: Case
    answer: Answer
    outputs: dict[str, str]
    prompts: list[str]
    offered_tools: list[Any]
    tools: list[str]
    acts: list[str]
    planned: list[str] = field(default_factory=list)


class Acts:
    """What the interpreter was made to do, by its audit hook: files opened for writing, processes, connections."""

    _WRITES = frozenset(
        [
            "os.remove",
            "os.rename",
            "os.mkdir",
            "os.rmdir",
            "os.link",
            "os.symlink",
            "os.truncate",
            "os.chmod",
            "shutil.rmtree",
            "shutil.move",
        ]
    )
    _RUNS = frozenset(
        ["subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn"]
    )
    READS_OF_GIT = frozenset(
        [
            "log",
            "rev-parse",
            "show",
            "cat-file",
            "diff",
            "rev-list",
            "ls-files",
            "status",
            "config",
            "diff-tree",
            "blame",
        ]
    )

    def __init__(self) -> None:
        self.seen: list[str] | None = None
        self.port = 0
        self.root = ""
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.seen is None:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & 0o3)
            if writes and isinstance(path, str | bytes) and path != os.devnull:
                self.seen.append(f"wrote {path!r}")
        elif event in self._WRITES:
            self.seen.append(f"{event} {arguments[0]!r}")
        elif event in self._RUNS and not self._reads_history(event, arguments):
            self.seen.append(f"{event} {arguments!r}")
        elif event == "socket.connect" and arguments[1][:2] != ("127.0.0.1", self.port):
            self.seen.append(f"connected to {arguments[1]!r}")

    def _reads_history(self, event: str, arguments: tuple[Any, ...]) -> bool:
        """Asking git what was changed is what one tool does; anything that git could be told to do besides is an act."""
        if event not in ("subprocess.Popen", "os.posix_spawn"):
            return False
        words = [str(word) for word in (arguments[1] or ())]
        commands = [word for word in words[1:] if word in self.READS_OF_GIT]
        return bool(words) and Path(words[0]).name == "git" and bool(commands)


@cache
def acts() -> Acts:
    """The one hook of the process: an audit hook cannot be taken away again."""
    return Acts()


class Suite:
    """The indexed repository with the host beside it. Use `opened`."""

    def __init__(self, services: Services, host: FakeOllama, recorder: Recorder) -> None:
        self.host = host
        self._recorder = recorder
        self._assistant = compile_assistant(services)
        self._services = services
        self._current: Case | None = None
        host.reply = self._reply

    def run(self, case: Case) -> Told:
        """Ask the question of a case and return everything that came out."""
        self._current = case
        self.host.requests.clear()
        self._recorder.events.clear()
        port = _Port(self._assistant)
        hook = acts()
        hook.seen = []
        with _logged() as log:
            asked = Asked(
                case.question, None, "auto", "default", earlier=case.earlier, rerank=case.kind == "JSON breaking"
            )
            stream = asyncio.run(_events(port, asked))
            found = port.answer
            assert found is not None, stream[-500:]
            seen, hook.seen = hook.seen, None
            for logger in ("clew.rest", "agents.observer"):
                logging.getLogger(logger).error("a run ended: %s", found.answer)
        terminal = io.StringIO()
        show(Screen(terminal, colour=True), found)
        show_run(Screen(terminal, colour=True), found)
        shown = {
            "text": found.answer,
            "JSON": json_line(found.to_json(), indent=2),
            "REST": bytes(PlainJSON(completion(found, 0)).body).decode(),
            "stream": stream,
            "terminal": terminal.getvalue(),
            "log": log.getvalue(),
            "events": encoded({"events": self._recorder.events}).decode(),
        }
        chats = [body for path, body in self.host.requests if path == "/api/chat"]
        return Told(
            case,
            found,
            shown,
            prompts=self.host.prompts(),
            offered_tools=[body["tools"] for body in chats if body.get("tools")],
            tools=[fields["operation"] for event, fields in self._recorder.events if event == "tool"],
            acts=seen,
            planned=self._planned(case),
        )

    def _planned(self, case: Case) -> list[str]:
        """Return the operations that the question alone may lead to, in any round; nothing but it is read here."""
        release = self._services.releases.get("default")
        names = NameReader(self._services.graph, EVERYTHING, release.triage)
        question = admit(case.question, {})[0]
        steps = read_question(question, release.triage, names, classifier=classifier_of(release))["steps"]
        return [*(step["operation"] for step in steps), *(step["intent"] for step in steps), "search"]

    def _reply(self, prompt: str) -> str:
        case = self._current
        assert case is not None
        if "`edits`" in prompt:
            return worst.answer_in_edits(list(case.does), prompt, case.path)
        say = worst.answer_in_json if prompt.rstrip().endswith("JSON:") and case.number % 2 else worst.answer
        return say(list(case.does), prompt, f"{case.name}.settle")


class _Port:
    """`app.asking.Assistant` over the graph, which keeps the answer that went by."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self.answer: Answer | None = None

    async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        history = [{"role": role, "content": text} for role, text in asked.earlier]
        async for event in stream_answer(self._assistant, asked.question, Context(rerank=asked.rerank), None, history):
            if isinstance(event, AnswerReady):
                self.answer = event.answer
            yield event


async def _events(port: _Port, asked: Asked) -> str:
    pieces = [piece async for piece in streamed(port, asked, 0, include_usage=True)]
    return b"".join(pieces).decode()


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """Collect what is logged, at every level, through a handler that is gated as every other."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.root.addHandler(handler)
    gate_logs()
    try:
        yield stream
    finally:
        logging.root.removeHandler(handler)


@contextmanager
def opened(folder: Path, chosen: Sequence[Case]) -> Iterator[Suite]:
    """Write and index the repository of the cases below `folder`, start the host, and yield the suite."""
    root = write_repository(folder / "repository", chosen)
    recorder = Recorder()
    services = open_services(folder / "store", root, events=recorder, strict=False)
    with running(FakeOllama()) as host:
        acts().port = int(host.url.rpartition(":")[2])
        services = replace(services, gateway=Gateway(OllamaHost(host.url)))
        yield Suite(services, host, recorder)
    services.graph.close()
