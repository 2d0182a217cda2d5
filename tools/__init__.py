"""Typed read-only questions about indexed code: plain functions that agents, REST, MCP and tests share."""
