"""Settings of the Slack door: its secrets, where it listens, and where cited code can be read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from configs.settings.addresses import Address
from configs.settings.group import Group

Link = Annotated[str, Field(pattern=r"^https?://[^\s<>|]+$")]


class SlackSettings(Group):
    """The Slack app that `clew slack serve` answers for."""

    bot_token: SecretStr = Field(
        default=SecretStr(""), description="Bot token of the Slack app (xoxb-...); from the environment only."
    )
    signing_secret: SecretStr = Field(
        default=SecretStr(""), description="What Slack signs its requests with; from the environment only."
    )
    app_token: SecretStr = Field(
        default=SecretStr(""), description="App-level token (xapp-...), for socket mode; from the environment only."
    )
    api_url: Address = Field(
        default="https://slack.com/api/", pattern=r"^https?://\S+/$", description="Address of Slack's Web API."
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on for Slack's requests.")
    port: int = Field(default=8675, ge=0, le=65_535, description="TCP port; 0 takes a free one.")
    links: dict[str, Link] = Field(
        default_factory=dict,
        description="Repository -> address of its code host, with {path}, {line}, {end_line} and {revision}: citations become links.",
    )
    update_every_s: float = Field(
        default=1.5, ge=0, le=60, description="A message that is being answered changes this often at most."
    )
