"""Repository -> files -> facts -> resolved relations -> knowledge."""
