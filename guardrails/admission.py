"""The input gate: what a person asks or pastes, before it reaches state, store, prompt or trace.

Personal data becomes stand-ins, secrets `[secret]` (`guardrails.pseudonyms`), and characters that nobody sees are left out: what was
pasted asks for what can be read in it, and nothing else.
"""

from __future__ import annotations

from guardrails.pseudonyms import hide
from guardrails.visible import dropped


def admit(text: str, known: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Return the text as it may go on, and the thread's table of stand-ins with what is new. Twice is once."""
    return hide(dropped(text), known)
