"""The fake Ollama host that ships as `clew dev fake-ollama`, under the name that tests know it by."""

from __future__ import annotations

from app.dev.fake_ollama import CHARACTERS_A_TOKEN, FakeOllama, Fault, running
from app.dev.fake_replies import CREATED, EmbedFault, FakeModel

__all__ = ["CHARACTERS_A_TOKEN", "CREATED", "EmbedFault", "FakeModel", "FakeOllama", "Fault", "running"]
