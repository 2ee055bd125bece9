"""Changes: where they are read, which mails the rules ask for, and which mails were sent."""
