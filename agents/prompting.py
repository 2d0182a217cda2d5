"""Between packed evidence and a model: the prompt.

Repository text goes in as marked data (`guardrails.marking`).
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.packing import Packed, evidence_text
from agents.records import place
from configs.prompts import Prompt
from guardrails.marking import Marks


def prompt_of(
    question: str,
    intent: str,
    packed: Packed,
    repair: Sequence[str],
    prompt: Prompt,
    examples: Sequence[tuple[str, str]] = (),
    *,
    max_sentences: int = 8,
    reasoning: bool = False,
) -> str:
    """Return the prompt for this question and evidence.

    Args:
        prompt: the one that the release has for this intent and class of model.
        examples: pairs of a question and its answer. reasoning: the model may think aloud first.
    """
    marks = Marks.fresh()
    evidence = [
        marks.wrap(
            "evidence",
            evidence_text(fact),
            number=number,
            source=place(fact["citation"]),
            symbol=fact["citation"]["symbol"] or "",
        )
        for number, fact in enumerate(packed.facts, 1)
    ]
    values = {
        "mark": marks.code,
        "question": marks.wrap("question", question, intent=intent),
        "evidence": evidence,
        "examples": [marks.wrap("example", f"Question: {asked}\nAnswer: {answered}") for asked, answered in examples],
        "repair": [marks.defused(fault) for fault in repair],
        "max_sentences": max_sentences,
        "reasoning": reasoning,
    }
    return prompt.render(values)
