"""What the console knows of changes: where they are read, what the rules of mail make of them, and which mails went."""
