"""The graph that `langgraph dev` and LangGraph Studio open: the assistant over the default store, without a checkpointer.

The dev server keeps threads itself and refuses a graph that has its own. Product traffic never comes this way. Somebody sits
before it, so a name that means several things is asked back.
"""

from __future__ import annotations

from dataclasses import replace

from app.wiring import Wiring
from configs.settings import load_settings
from graph.assistant import compiled

assistant = compiled(replace(Wiring(load_settings()).services, clarifies=True))
