"""What runs leave behind for later ones: answers, examples, solved errors, the profile, the thread so far."""
