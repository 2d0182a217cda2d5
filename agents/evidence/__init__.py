"""What is collected for an answer: the operations, what they see, and what they came to."""
