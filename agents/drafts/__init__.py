"""The draft of an answer: facts as claims, claims as passages, passages as Markdown. Nothing here asks anything."""
