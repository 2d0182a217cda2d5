"""The Slack door: mentions, direct messages, the slash command and buttons, as `clew slack serve` answers them."""
