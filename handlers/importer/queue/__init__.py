"""What asks for work: the messages of the import queue, and handing on what is left."""
