"""HTTP bodies: OpenAI's chat completion request, as far as it means something here, and Clew's own fields under `clew`.

Unknown fields of OpenAI's (temperature, top_p, user, ...) are taken and ignored, so that ordinary clients work.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.questions.clarifying import in_text, picked

OWN_MODEL = "clew"
"""The name that clients may use for "whatever the server was told to use"."""


class TextPart(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: Literal["text"]
    text: str


class Message(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class ClewOptions(BaseModel):
    """What OpenAI's request has no word for. Unknown keys are refused: a misspelt one would widen a question unseen."""

    model_config = ConfigDict(extra="forbid")

    repositories: list[str] | None = Field(default=None, description="Look into these only; default: all.")
    thread_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Continue this conversation; send only the new question then.",
    )
    release: str | None = Field(default=None, description="Name or id of the release; default: the server's.")
    clarify: bool | None = Field(
        default=None, description="Ask back when a name means several things; default: the server's (serve.clarify)."
    )
    depth: Literal["auto", "brief", "normal", "deep"] = Field(
        default="auto", description="How much an answer shows; auto: as the question says, else as usual."
    )
    diagram: bool = Field(default=False, description="Draw the relations of the answer as a Mermaid diagram too.")
    rerank: bool | None = Field(
        default=None, description="A model puts the first results of a search in order; default: the server's."
    )
    project: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Project whose budget is used too; default: the server's.",
    )


class ChatRequest(BaseModel):
    model_config = ConfigDict(extra="ignore")

    model: str = OWN_MODEL
    messages: list[Message] = Field(min_length=1, max_length=1_000)
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    n: Literal[1] = 1
    clew: ClewOptions = ClewOptions()

    def question(self) -> str:
        """Return the last thing that the user said, empty when there is nothing."""
        return next((m.text for m in reversed(self.messages) if m.role == "user"), "")

    def earlier(self) -> tuple[tuple[str, str], ...]:
        """Return the turns of user and assistant before the question."""
        spoken = [(m.role, m.text) for m in self.messages if m.role in ("user", "assistant")]
        last_user = max((i for i, (role, _) in enumerate(spoken) if role == "user"), default=0)
        return tuple(spoken[:last_user])

    def question_and_replies(self) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Return (question, choices, turns before it): last messages may choose from what our messages before them asked back."""
        question, earlier = self.question(), self.earlier()
        replies: tuple[str, ...] = ()
        while len(earlier) > 1 and (earlier[-1][0], earlier[-2][0]) == ("assistant", "user"):
            asking = in_text(earlier[-1][1])
            if asking is None or picked(asking, question) is None:
                break
            question, replies, earlier = earlier[-2][1], (question, *replies), earlier[:-2]
        return question, replies, earlier


class Feedback(BaseModel):
    """What a person says of an answer of a model: it may serve as an example, or may not."""

    model_config = ConfigDict(extra="forbid")

    run_id: str = Field(min_length=8, max_length=64, description="As the reply has it under `clew`.")
    accepted: bool = Field(description="true: an example for later answers; false: erased.")


Body = dict[str, Any]
