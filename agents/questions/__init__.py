"""What a question wants, and what is asked back."""
