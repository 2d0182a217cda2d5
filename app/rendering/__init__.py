"""What a person reads, as text: shared by the command line, which prints it, and by MCP, which sends it."""
