from __future__ import annotations

from indexers.resolution.layout import Layout


def test_manifests_are_found_by_name_outermost_first() -> None:
    manifests = {"z/go.mod": "z", "a/b/go.mod": "b", "go.mod": "top", "a/xgo.mod": "other", "a/package.json": "{}"}
    layout = Layout([], manifests)
    assert list(layout.manifests_named("go.mod").items()) == [("", "top"), ("z", "z"), ("a/b", "b")]
    assert layout.manifests_named("package.json") == {"a": "{}"}
    assert layout.manifests_named("Cargo.toml") == {}


def test_what_is_given_is_not_kept_by_reference() -> None:
    manifests = {"go.mod": "one"}
    layout = Layout(["a.go"], manifests)
    manifests["go.mod"] = "two"
    assert layout.manifests == {"go.mod": "one"}
