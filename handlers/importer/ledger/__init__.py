"""What is known of each import: which version of an object, how far, and who is at work on it."""
