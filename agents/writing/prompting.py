"""Between packed evidence and a model: the prompt.

Repository text goes in as marked data (`guardrails.marking`).
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.writing.packing import Packed, marked
from configs.prompts import Prompt
from guardrails.marking import Marks

READERS = {
    "newcomer": "someone who is new to it: say what each thing is for before you name it",
    "regular": "an experienced engineer",
    "expert": "an engineer who knows it well: no introductions",
}


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
    earlier: str = "",
    language: str = "en",
    expertise: str = "regular",
) -> str:
    """Return the prompt for this question and evidence.

    Args:
        prompt: the one that the release has for this intent and class of model.
        examples: pairs of a question and its answer. reasoning: the model may think aloud first.
        earlier: the conversation before, in lines. language, expertise: of the one who asks (see `agents.state.Plan`).
    """
    marks = Marks.fresh()
    evidence = [marked(fact, number, marks) for number, fact in enumerate(packed.facts, 1)]
    values = {
        "mark": marks.code,
        "question": marks.wrap("question", question, intent=intent),
        "evidence": evidence,
        "examples": [marks.wrap("example", f"Question: {asked}\nAnswer: {answered}") for asked, answered in examples],
        "repair": [marks.defused(fault) for fault in repair],
        "max_sentences": max_sentences,
        "reasoning": reasoning,
        "earlier": marks.wrap("conversation", earlier) if earlier else "",
        "foreign": language != "en",
        "reader": READERS.get(expertise, READERS["regular"]),
    }
    return prompt.render(values)
