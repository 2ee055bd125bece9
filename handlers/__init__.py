"""What runs in Lambda: one package a function, and one that they share."""
