"""Third-party packages of functions: what a `requirements.txt` pins, installed for Lambda or for this machine."""
