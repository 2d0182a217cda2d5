"""What the extractors of several languages share."""
