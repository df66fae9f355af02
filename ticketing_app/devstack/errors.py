class StackError(Exception):
    """A failure of the local stack; its message is shown at the terminal."""
