"""The REST server: an OpenAI-compatible chat endpoint on loopback."""
