"""The MCP door: Clew's typed tools for the agents of editors."""
