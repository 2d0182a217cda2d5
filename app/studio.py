"""The graph that `langgraph dev` and LangGraph Studio open: the assistant over the default store, without a checkpointer.

The dev server keeps threads itself and refuses a graph that has its own. Product traffic never comes this way.
"""

from __future__ import annotations

from app.wiring import Wiring
from configs.settings import load_settings
from graph.assistant import build

assistant = build(Wiring(load_settings()).services).compile()
