"""Text of a repository inside a prompt: marked as data, with a boundary that nobody can foresee.

The one place where untrusted text gets its marks. Every prompt draws a fresh code; each mark carries it, so text that was
written before cannot end the stretch it stands in or open another one. Besides, whatever looks like one of our marks, or
like a mark of a chat template, loses its form, and characters that no reader sees are made visible: a model is shown
what a person would be shown.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from guardrails.visible import shown

KINDS = ("evidence", "example", "candidate", "question", "conversation")
_MARK = re.compile(rf"<\s*(/?)\s*({'|'.join(KINDS)})(?![a-z])", re.IGNORECASE)
_TEMPLATE = re.compile(
    r"<\|(?=[\w ]{1,40}\|>)|\[(?=/?INST\])|<<(?=/?SYS>>)|<(?=/?s>)|<(?=(?:start|end)_of_turn>)", re.IGNORECASE
)
"""How chat templates mark whose turn it is: `<|im_start|>`, `[INST]`, `<<SYS>>`, `<start_of_turn>`."""
_WIDE = str.maketrans({"＜": "<", "﹤": "<", "〈": "<", "‹": "<", "＞": ">", "﹥": ">", "〉": ">", "›": ">"})
_LOOKALIKE = re.compile(rf"[＜﹤〈‹]\s*/?\s*(?:{'|'.join(KINDS)})[^\n]{{0,40}}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one prompt. code: what each of them carries."""

    code: str

    @classmethod
    def fresh(cls) -> Marks:
        return cls(secrets.token_hex(5))

    def wrap(self, kind: str, text: str, **attributes: object) -> str:
        """Return the text between the marks of its kind; attributes that are empty are left out."""
        named = "".join(f' {name}="{attribute(str(value))}"' for name, value in attributes.items() if value != "")
        return f"<{kind}{named} mark={self.code}>\n{self.defused(text)}\n</{kind} mark={self.code}>"

    def defused(self, text: str) -> str:
        return defused(text).replace(self.code, "*" * len(self.code))


def defused(text: str) -> str:
    """Return the text with nothing in it that a prompt or a chat template would take for a mark, and nothing hidden."""
    plain = _LOOKALIKE.sub(lambda found: found[0].translate(_WIDE), shown(text))
    plain = _MARK.sub(r"<\1\2_", plain)
    return _TEMPLATE.sub(lambda found: f"{found[0]} ", plain)


def attribute(text: str) -> str:
    """Return the text as a value between quotes: a file may be called anything, and nothing in a name ends the mark."""
    return " ".join(defused(text).split()).replace('"', "'").replace("<", "(").replace(">", ")")
