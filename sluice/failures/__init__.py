"""What failed for good, wherever it lies, and how it is sent again: public AWS APIs alone, and no embedded cloud."""
