"""What routing is worth: the questions of real repositories, answered by simulated LLMs with frozen skills."""
