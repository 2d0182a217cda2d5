"""Prompts with front matter: what they are for, how one is chosen, and a sandbox that gives nothing away."""

from __future__ import annotations

import pytest

from configs.errors import ConfigError
from configs.prompts import Prompt, chosen, parse_prompt
from configs.release import Releases
from configs.triage import INTENTS


def test_front_matter_says_what_a_prompt_is_for() -> None:
    prompt = parse_prompt(
        "a", "---\nid: a\nversion: 3\nintents: [docs]\nmodels: [small]\nschema: claims\n---\nHello {{ name }}\n"
    )
    assert (prompt.version, prompt.intents, prompt.models, prompt.form) == (3, ("docs",), ("small",), "claims")
    assert prompt.render({"name": "Ada"}) == "Hello Ada"
    plain = parse_prompt("b", "Just {{ this }}")
    assert (plain.id, plain.form, plain.suits("docs", "large")) == ("b", "prose", True)


@pytest.mark.parametrize(
    "source",
    [
        "---\nid: other\n---\nx",
        "---\nid: a\nwhat: 1\n---\nx",
        "---\nid: a\nmodels: [huge]\n---\nx",
        "---\n- 1\n---\nx",
        "---\n: [\n---\nx",
    ],
)
def test_front_matter_that_is_wrong_is_refused(source: str) -> None:
    with pytest.raises(ConfigError):
        parse_prompt("a", source)


@pytest.mark.parametrize(
    "text", ["{{ missing }}", "{{ ''.__class__.__mro__ }}", "{{ name.__globals__ }}", "{% include 'x' %}", "{{ broken"]
)
def test_a_template_that_reaches_out_fails_and_says_so(text: str) -> None:
    with pytest.raises(ConfigError, match="cannot be rendered"):
        Prompt(id="a", text=text).render({"name": "x"})


def test_the_prompt_that_says_more_of_a_request_is_taken() -> None:
    every = Prompt(id="every", text="")
    small = Prompt(id="small", models=("small",), text="")
    patch = Prompt(id="patch", intents=("patch",), text="")
    order = Prompt(id="order", step="rerank", text="")
    prompts = [order, every, small, patch]
    assert [one.id if (one := chosen(prompts, *asked)) else None for asked in [("docs", "large"), ("docs", "small"), ("patch", "small")]] == ["every", "small", "patch"]  # fmt: skip
    assert chosen([order], "docs", "small") is None


def test_each_intent_and_model_class_has_a_prompt_in_the_default_release() -> None:
    release = Releases().get("default")
    for intent in INTENTS:
        for model_class in ("small", "large"):
            assert chosen(release.prompts.values(), intent, model_class) is not None
    named = {intent for prompt in release.prompts.values() for intent in prompt.intents}
    assert named <= set(INTENTS)
