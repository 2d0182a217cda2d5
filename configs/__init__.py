"""The ground floor: settings, the error tree, prompts and releases. Imports nothing of Clew above it."""
