"""Labels of repositories, and which hosts are inside."""

from __future__ import annotations

import pytest

from models.privacy import Privacy


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://127.0.0.1:11434", True),
        ("http://[::1]:11434", True),
        ("http://localhost:11434", True),
        ("http://10.1.2.3:11434", True),
        ("http://192.168.0.9", True),
        ("http://[fd00::1]:11434", True),
        ("http://gpu-box:11434", True),
        ("http://gpu.internal:11434", True),
        ("http://ollama.models.svc.cluster.local:11434", True),
        ("https://llm.corp.example/v1", True),
        ("https://own.example.org", True),
        ("https://api.openai.com/v1", False),
        ("https://own.example.org.evil.test", False),
        ("https://evil-corp.example", False),
        ("http://8.8.8.8:11434", False),
        ("http://[2606:4700::1111]/", False),
        ("http://134744072:11434", False),
        ("http://0x08080808:11434", False),
        ("http://8.8.2056:11434", False),
        ("http://[::ffff:8.8.8.8]:11434", False),
        ("http://ollama.models.svc:11434", True),
        ("http://ollama.svc.example.com:11434", False),
        ("http://127.0.0.1.evil.test", False),
        ("http://user@api.openai.com", False),
        ("http://10.1.2.3@api.openai.com/", False),
        ("http://[broken", False),
        ("", False),
    ],
)
def test_an_address_is_inside_by_what_it_says(url: str, inside: bool) -> None:
    assert Privacy(inside=(".corp.example", "own.example.org")).is_inside(url) is inside


def test_code_stays_unless_its_repository_says_otherwise() -> None:
    assert Privacy().kept(["b", "a"]) == ["a", "b"]
    some = Privacy("local", {"open": "remote"})
    assert some.kept(["open", "shop"]) == ["shop"]
    assert some.kept(["open"]) == []
    assert Privacy("remote", {"shop": "local"}).kept(["open", "shop"]) == ["shop"]
