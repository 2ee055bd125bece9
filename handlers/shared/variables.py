"""Flags in environment variables, as the program writes and functions read them."""


def flag_text(flag: bool) -> str:
    """Returns the text of a flag: `true` or `false`."""
    return "true" if flag else "false"


def flag(text: str) -> bool:
    """Returns the flag that a text stands for."""
    return text == "true"
