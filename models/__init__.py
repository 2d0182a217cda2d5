"""What turns text into vectors or answers: embedders, and the gateway to model hosts."""
