"""The reader of JCG's JavaScript cases."""

from __future__ import annotations

from pathlib import Path

from benchmarks.callgraph import jcg

CASE = """# Calls

## X1
[//]: # (MAIN: global)
Words.

```json
{
  "directLinks": [
    ["<global>", "X1.foo"],
    ["X1.foo", "X1.bar:4"],
    ["X1.bar", "X1.gone"],
    ["X1.foo", "X1.<anonymous:9>"],
    ["<global>", "Native.console_log"],
  ],
  "indirectLinks": []
}
```
```js
// x/X1.js

function foo() { bar(); }
function bar() {}
foo();
```
[//]: # (END)
"""


def test_a_case_names_calls_and_those_we_miss(tmp_path: Path) -> None:
    (tmp_path / "Calls.md").write_text(CASE, "utf-8")
    (case,) = jcg.cases(tmp_path)
    assert (case.name, list(case.sources), case.left_out) == ("X1", ["x/X1.js"], 2)
    assert case.calls == [(("<global>", 0), ("foo", 0)), (("foo", 0), ("bar", 4)), (("bar", 0), ("gone", 0))]
    assert jcg.missed(case) == [(("bar", 0), ("gone", 0))]
