"""Bad requests, by kind: tables of what is sent and of what must come back."""
