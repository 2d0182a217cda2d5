"""The LangGraph StateGraphs and how they are run."""
