"""How pages are asked for and made: who may ask, what is sent, how it is shown."""
