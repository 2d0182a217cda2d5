"""The graph that `langgraph dev` and LangGraph Studio open: the assistant over the default store, without a checkpointer.

The dev server keeps threads itself and refuses a graph that has its own. Product traffic never comes this way. Somebody sits
before it, so a name that means several things is asked back.
"""

from __future__ import annotations

import atexit
from dataclasses import replace

from agents.context import Context
from app.studio_recording import StudioRecorder
from app.wiring import Wiring
from configs.settings import load_settings
from graph.assistant import compiled

_wiring = Wiring(load_settings())
_recorder = StudioRecorder(_wiring.journal, _wiring.payer_for(Context()))
_services = replace(_wiring.services, clarifies=True, callbacks=(*_wiring.services.callbacks, _recorder))
atexit.register(_wiring.journal.close)

assistant = compiled(_services)
