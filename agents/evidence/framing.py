"""What a question says only to ask: "which part of the code is responsible for ..." tells nothing of the place that is sought.

Such words stand in comments and names too, and rarely, so they would weigh as much as what is asked about. English only.
"""

from __future__ import annotations

import re

_SORT = (
    r"(?:parts?|pieces?|bits?|places?|sections?|areas?|spots?|lines?|functions?|methods?|routines?|procedures?"
    r"|class(?:es)?|types?|structs?|traits?|interfaces?|modules?|files?|components?|code)"
)
_WHOLE = r"(?:the|this|our)\s+(?:code\w*|sources?|project|repo\w*|library|framework|application|app)"
_FRAME = re.compile(
    rf"""\b(?:in\s+|at\s+)?(?:which|what)\s+{_SORT}\b(?:\s+(?:of|in)\s+{_WHOLE})?
    | \bwhere(?:'?s|\s+(?:is|are))?\b(?:\s+in\s+{_WHOLE}\s+(?:is|are))?(?:\s+(?:the|some)\s+{_SORT}\s+(?:that|which|where|for)\b)?
    | \b(?:is|are)\s+(?:responsible\s+for|in\s+charge\s+of)\b
    | \b(?:is\s+)?it\s+(?:decided|determined|defined|checked)\s+(?:whether|if|when|how|that)\b
    | \b(?:they|we|u|tf|thats|that's|exactly|actually|please|pls)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FEWEST_WORDS = 2


def without_frame(question: str) -> str:
    """Return what is asked about; the question as it is where hardly anything would be left."""
    left = " ".join(_FRAME.sub(" ", question).split()).strip(" ?,.")
    return left if len(left.split()) >= _FEWEST_WORDS else question
